// What a URL path of the API asks for: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris

export interface ResourcePath {
  group: string;
  version: string;
  /** Absent: all namespaces, or a cluster-scoped resource. */
  namespace?: string;
  plural: string;
  /** Absent: the collection. */
  name?: string;
  subresource?: string;
}

/** Undefined when the path is none of a resource. The segments are percent-decoded. */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const segments = decodeSegments(pathname);
  if (segments === undefined) return undefined;
  const [root, ...rest] = segments;
  if (root === "api") return withoutGroupVersion("", rest[0], rest.slice(1));
  if (root === "apis" && rest[0] !== undefined) return withoutGroupVersion(rest[0], rest[1], rest.slice(2));
  return undefined;
}

function withoutGroupVersion(group: string, version: string | undefined, rest: string[]): ResourcePath | undefined {
  if (version === undefined || rest.length === 0) return undefined;
  const [first, second, third] = rest;
  // `namespaces/x` and `namespaces/x/status` are the Namespace itself, `namespaces/x/pods` is what lies in it.
  const isScope = first === "namespaces" && third !== undefined && !(rest.length === 3 && isNamespacePart(third));
  if (!isScope) return shaped({ group, version }, rest);
  return shaped({ group, version, namespace: second! }, rest.slice(2));
}

const isNamespacePart = (segment: string): boolean => segment === "status" || segment === "finalize";

function shaped(
  scope: Pick<ResourcePath, "group" | "version" | "namespace">,
  rest: string[],
): ResourcePath | undefined {
  const [plural, name, subresource] = rest;
  if (plural === undefined || rest.length > 3) return undefined;
  return {
    ...scope,
    plural,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function decodeSegments(pathname: string): string[] | undefined {
  try {
    const segments = pathname
      .replace(/^\/|\/$/g, "")
      .split("/")
      .map(decodeURIComponent);
    return segments.every((segment) => segment !== "") ? segments : undefined;
  } catch {
    return undefined;
  }
}
