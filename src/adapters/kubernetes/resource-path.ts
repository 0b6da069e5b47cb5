// URLs of the Kubernetes API: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris

import type { Resource } from "../../core/kubernetes/resource.ts";

/** Path of a collection, an object or a subresource. Without a namespace: all of them. */
export function resourcePath(resource: Resource, namespace: string | undefined, ...rest: string[]): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? ["namespaces", namespace] : [];
  return [root, ...[...scope, resource.plural, ...rest].map(encodeURIComponent)].join("/");
}

/** "?a=b&c=d" of the values that are there; "" when none is. */
export function query(values: Record<string, string | number | boolean | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
