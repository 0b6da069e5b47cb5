// A root's http route and one of its delegate's become one route, or none where their conditions exclude each other.
// Rules: istiod 1.31, pilot/pkg/model/virtualservice.go (mergeHTTPRoute, hasConflict). Names must be qualified before.

import type { HttpMatch, HttpRoute, StringMatch } from "../objects.ts";

/** Undefined: they conflict, and the delegate's route is left out. */
export function mergeRoute(root: HttpRoute, delegate: HttpRoute): HttpRoute | undefined {
  const match = mergeMatches(root.match ?? [], delegate.match ?? []);
  if (match === undefined) return undefined;
  const { delegate: _, ...inherited } = root;
  const own = Object.entries(delegate).filter(([, value]) => value !== undefined && value !== null);
  return { ...inherited, ...Object.fromEntries(own), match, name: joined(root.name, delegate.name) };
}

function joined(root: string | undefined, delegate: string | undefined): string | undefined {
  return root && delegate ? `${root}-${delegate}` : delegate || root;
}

/** Every match of the delegate must fit into one of the root's. */
function mergeMatches(root: readonly HttpMatch[], delegate: readonly HttpMatch[]): HttpMatch[] | undefined {
  if (root.length === 0) return [...delegate];
  if (delegate.length === 0) return [...root];
  const merged: HttpMatch[] = [];
  for (const leaf of delegate) {
    const fitting = root.filter((each) => !conflict(each, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((each) => mergeMatch(each, leaf)));
  }
  return merged;
}

function mergeMatch(root: HttpMatch, leaf: HttpMatch): HttpMatch {
  return {
    ...leaf,
    name: joined(root.name, leaf.name),
    uri: leaf.uri ?? root.uri,
    scheme: leaf.scheme ?? root.scheme,
    method: leaf.method ?? root.method,
    authority: leaf.authority ?? root.authority,
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
    port: leaf.port || root.port,
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
    sourceNamespace: leaf.sourceNamespace || root.sourceNamespace,
    gateways: leaf.gateways?.length ? leaf.gateways : root.gateways,
  };
}

function conflict(root: HttpMatch, leaf: HttpMatch): boolean {
  return (
    (["uri", "scheme", "method", "authority"] as const).some((of) => textConflict(root[of], leaf[of])) ||
    (["headers", "withoutHeaders", "queryParams"] as const).some((of) => textsConflict(root[of], leaf[of])) ||
    (root.ignoreUriCase === true) !== (leaf.ignoreUriCase === true) ||
    placeConflict(root, leaf)
  );
}

function placeConflict(root: HttpMatch, leaf: HttpMatch): boolean {
  if (root.port && leaf.port && root.port !== leaf.port) return true;
  if (root.sourceNamespace && leaf.sourceNamespace !== root.sourceNamespace) return true;
  const labels = root.sourceLabels ?? {};
  if (
    Object.entries(leaf.sourceLabels ?? {}).some(([key, value]) => Object.hasOwn(labels, key) && labels[key] !== value)
  )
    return true;
  const gateways = leaf.gateways ?? [];
  return !!root.gateways?.length && gateways.some((each) => !root.gateways!.includes(each));
}

type Texts = Record<string, StringMatch> | undefined;

function textsConflict(root: Texts, leaf: Texts): boolean {
  return Object.entries(leaf ?? {}).some(([name, match]) => textConflict(root?.[name], match));
}

/** The delegate's text must be narrower than the root's; a regular expression is compared with nothing. */
function textConflict(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (root === undefined || leaf === undefined) return false;
  if (root.exact) return leaf.exact !== root.exact;
  if (!root.prefix || root.regex || leaf.regex) return true;
  return !(leaf.prefix || leaf.exact || "").startsWith(root.prefix);
}
