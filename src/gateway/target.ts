// The request target as Envoy reads it under Istio's default path normalization (BASE): absolute form, dot segments,
// backslashes. Slashes are not merged and escaped slashes are kept.

export interface Target {
  path: string;
  query: string;
  /** From an absolute-form target; it replaces the Host header. */
  authority: string | undefined;
}

/** Undefined when Envoy refuses the path with 400. */
export function parseTarget(url: string): Target | undefined {
  if (url.charCodeAt(0) !== SLASH) return parseUnusual(url);
  if (url.includes("#")) return undefined;
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? "" : url.slice(mark + 1);
  if (!NEEDS_WORK.test(path)) return { path, query, authority: undefined };
  const normal = normalize(path);
  return normal === undefined ? undefined : { path: normal, query, authority: undefined };
}

const SLASH = 47;
const NEEDS_WORK = /\/\.|\\|%2e/i;

function parseUnusual(url: string): Target | undefined {
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (absolute === null) return undefined;
  const rest = absolute[2]!.startsWith("/") ? absolute[2]! : `/${absolute[2]!}`;
  const target = parseTarget(rest);
  return target === undefined ? undefined : { ...target, authority: absolute[1]! };
}

/** RFC 3986, 5.2.4; a path that climbs above the root is refused, as Envoy does. */
function normalize(path: string): string | undefined {
  const out: string[] = [];
  const segments = path.replaceAll("\\", "/").slice(1).split("/");
  for (const [i, segment] of segments.entries()) {
    const plain = segment.replace(/%2e/gi, ".");
    const last = i === segments.length - 1;
    if (plain === "." || plain === "..") {
      if (plain === ".." && out.pop() === undefined) return undefined;
      if (last) out.push("");
    } else out.push(segment);
  }
  return `/${out.join("/")}`;
}
