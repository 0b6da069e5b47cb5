// Host names with wildcards, compared as istiod does (pkg/config/host/name.go): as texts, so that "*.com" has "a.b.com" in it.

/** True when there is a name that both stand for. */
export function overlap(left: string, right: string): boolean {
  const [l, r] = [left.startsWith("*"), right.startsWith("*")];
  if (l && r) {
    const [shorter, longer] = left.length < right.length ? [left, right] : [right, left];
    return longer.slice(1).endsWith(shorter.slice(1));
  }
  if (l) return right.endsWith(left.slice(1));
  if (r) return left.endsWith(right.slice(1));
  return left === right;
}
