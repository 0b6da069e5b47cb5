// Host names as Istio writes them: short names, fully qualified ones, wildcards.

const CLUSTER_DOMAIN = "svc.cluster.local";

/**
 * A name without a dot belongs to the namespace of the object that says it, as in istiod. "*" stays as it is.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService (hosts)
 */
export function fullyQualified(host: string, namespace: string): string {
  if (host.includes(".") || host.startsWith("*") || host === "") return host;
  return `${host}.${namespace}.${CLUSTER_DOMAIN}`;
}

export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.${CLUSTER_DOMAIN}`;
}

/** True when every name that `inner` stands for is one that `outer` stands for. */
export function isSubsetOf(inner: string, outer: string): boolean {
  if (!outer.startsWith("*")) return inner === outer;
  if (inner.startsWith("*") && inner.length < outer.length) return false;
  const innerTail = inner.startsWith("*") ? inner.slice(1) : inner;
  return innerTail.endsWith(outer.slice(1));
}

/** The names that both lists allow, each in its narrower spelling. */
export function intersection(left: readonly string[], right: readonly string[]): string[] {
  const both = new Set<string>();
  for (const l of left)
    for (const r of right) {
      if (isSubsetOf(l, r)) both.add(l);
      else if (isSubsetOf(r, l)) both.add(r);
    }
  return [...both];
}

/** `ns/name` of a Gateway reference; a bare name is of the object's namespace; old `name.ns.svc...` forms are kept. */
export function gatewayName(reference: string, namespace: string): string {
  if (reference === "mesh" || reference.includes("/")) return reference;
  const parts = reference.split(".");
  if (parts.length > 1) return `${parts[1]}/${parts[0]}`;
  return `${namespace}/${reference}`;
}

/** The host without its port, in lower case: what virtual hosts are looked up by. */
export function hostWithoutPort(authority: string): string {
  const colon = authority.lastIndexOf(":");
  const bare = colon > authority.lastIndexOf("]") && colon !== -1 ? authority.slice(0, colon) : authority;
  return bare.toLowerCase();
}
