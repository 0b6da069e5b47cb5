// The request target as Envoy reads it under Istio's default path normalization (BASE): absolute form, dot segments,
// backslashes, escapes that are needless or missing. Slashes are not merged and escaped slashes are kept.

export interface Target {
  path: string;
  query: string;
  /** There is a question mark with nothing behind it. */
  emptyQuery: boolean;
  /** From an absolute-form target; it replaces the Host header. */
  authority: string | undefined;
}

/** Undefined when Envoy refuses it: badTarget in local-reply.ts says how. */
export function parseTarget(url: string): Target | undefined {
  if (url.charCodeAt(0) !== SLASH) return parseAbsolute(url);
  // Envoy alone refuses a fragment; Istio's bootstrap lets it cut the fragment off (http_reject_path_with_fragment: false).
  const fragment = url.indexOf("#");
  if (fragment !== -1) return parseTarget(url.slice(0, fragment));
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? "" : url.slice(mark + 1);
  const emptyQuery = mark === url.length - 1;
  if (!NEEDS_WORK.test(path)) return { path, query, emptyQuery, authority: undefined };
  return path.includes("%00") ? undefined : { path: normalize(path), query, emptyQuery, authority: undefined };
}

const SLASH = 47;
const NEEDS_WORK = /\/\.|\\|[%"<>^`{|}]/;

function parseAbsolute(url: string): Target | undefined {
  const [, authority, path] = /^http:\/\/([^/?#]+)(\/.*)?$/i.exec(url) ?? [];
  if (authority === undefined) return undefined;
  const target = parseTarget(path ?? "/");
  return target === undefined ? undefined : { ...target, authority };
}

/** RFC 3986, 5.2.4 and 6.2.2.2; a path that climbs above the root stays at the root. */
function normalize(path: string): string {
  const out: string[] = [];
  const segments = path.replaceAll("\\", "/").slice(1).split("/");
  for (const [i, segment] of segments.entries()) {
    const dots = dotsOf(segment);
    if (dots === undefined) out.push(unescapeUnreserved(segment));
    else {
      if (dots === "..") out.pop();
      if (i === segments.length - 1) out.push("");
    }
  }
  return `/${out.join("/")}`.replace(
    /["<>^`{|}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Escaped or not; only those that are not may carry parameters, which go with them. */
function dotsOf(segment: string): string | undefined {
  const [, withParameters] = /^(\.\.?);/.exec(segment) ?? [];
  const plain = unescapeUnreserved(segment);
  return withParameters ?? (plain === "." || plain === ".." ? plain : undefined);
}

function unescapeUnreserved(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
  });
}
