// The request target as Envoy reads it under Istio's default path normalization (BASE): absolute form, dot segments,
// backslashes, needless escapes. Slashes are not merged and escaped slashes are kept.

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
  return { path: NEEDS_WORK.test(path) ? normalize(path) : path, query, authority: undefined };
}

const SLASH = 47;
const NEEDS_WORK = /\/\.|\\|%/;

function parseUnusual(url: string): Target | undefined {
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (absolute === null) return undefined;
  const rest = absolute[2]!.startsWith("/") ? absolute[2]! : `/${absolute[2]!}`;
  const target = parseTarget(rest);
  return target === undefined ? undefined : { ...target, authority: absolute[1]! };
}

/** RFC 3986, 5.2.4 and 6.2.2.2; a path that climbs above the root stays at the root. */
function normalize(path: string): string {
  const out: string[] = [];
  const segments = unescapeUnreserved(path).replaceAll("\\", "/").slice(1).split("/");
  for (const [i, segment] of segments.entries()) {
    if (segment !== "." && segment !== "..") out.push(segment);
    else {
      if (segment === "..") out.pop();
      if (i === segments.length - 1) out.push("");
    }
  }
  return `/${out.join("/")}`;
}

function unescapeUnreserved(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
  });
}
