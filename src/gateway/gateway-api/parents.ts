// Which listeners a route is bound to, and why not to others. istiod 1.31, conversion.go (extractParentReferenceInfo, referenceAllowed,
// hostnameAllowedByIsolation).

import { isSubsetOf } from "../routing/names.ts";
import { overlap } from "./hostnames.ts";
import type { CompiledGateway, Parent } from "./listeners.ts";
import { type Finding, GROUP, type ParentReference, type RouteObject } from "./objects.ts";

/** One reference and one listener of the Gateway that it names. */
export interface Binding {
  /** Position in spec.parentRefs. */
  ref: number;
  gateway: string;
  /** Undefined where the reference is for something that has no listeners here. */
  parent: Parent | undefined;
  denied: Finding | undefined;
  /** Hostnames of the Gateway's other listeners at the port: more specific ones take their names away from this one. */
  siblings: readonly string[];
}

export function bindRoute(object: RouteObject, gateways: ReadonlyMap<string, CompiledGateway>): Binding[] {
  const { namespace = "default" } = object.metadata;
  return (object.spec.parentRefs ?? []).flatMap((reference, ref): Binding[] => {
    const { group = GROUP, kind = "Gateway", name } = reference;
    const gateway = `${reference.namespace ?? namespace}/${name}`;
    if (isMesh(group, kind)) return [{ ref, gateway, parent: undefined, denied: NO_MESH, siblings: [] }];
    if (group !== GROUP || kind !== "Gateway") return [];
    const parents = (gateways.get(gateway)?.listeners ?? []).flatMap(({ parent }) => parent ?? []);
    return parents.map((parent) => ({
      ref,
      gateway,
      parent,
      denied: whyNot(parent, reference, object),
      siblings: siblingsOf(parent, parents),
    }));
  });
}

function isMesh(group: string, kind: string): boolean {
  return (group === "" && kind === "Service") || (group === "networking.istio.io" && kind === "ServiceEntry");
}

const NO_MESH: Finding = {
  reason: "UnsupportedValue",
  message:
    "the sandbox has no sidecars, so a route for the requests of a Service's clients has no effect; bind it to a Gateway",
};

function siblingsOf(own: Parent, all: readonly Parent[]): string[] {
  return all
    .filter((each) => each !== own && each.port === own.port && each.protocol === own.protocol)
    .map(({ hostname }) => hostname)
    .filter((hostname) => hostname !== own.hostname);
}

function whyNot(parent: Parent, { port, sectionName }: ParentReference, route: RouteObject): Finding | undefined {
  if (port !== undefined && port !== parent.port) return noParent(`port ${port} not found`);
  if (sectionName !== undefined && sectionName !== parent.section)
    return noParent(`sectionName ${JSON.stringify(sectionName)} not found`);
  const { namespace = "default" } = route.metadata;
  const hostnames = route.spec.hostnames?.length ? route.spec.hostnames : ["*"];
  const met = parent.hosts
    .map((each) => each.split("/", 2) as [string, string])
    .filter(([, host]) => hostnames.some((hostname) => overlap(hostname, host)));
  const listed = JSON.stringify(parent.hostname);
  if (met.length === 0)
    return { reason: "NoMatchingListenerHostname", message: `no hostnames matched parent hostname ${listed}` };
  if (!met.some(([from]) => from === "*" || from === namespace))
    return notAllowed(
      `hostnames matched parent hostname ${listed}, but namespace ${JSON.stringify(namespace)} is not allowed by the parent`,
    );
  if (!parent.kinds.some(({ kind }) => kind === route.kind))
    return notAllowed(`kind ${GROUP}/v1/${route.kind} is not allowed`);
  return undefined;
}

const noParent = (message: string): Finding => ({ reason: "NoMatchingParent", message });
const notAllowed = (message: string): Finding => ({ reason: "NotAllowedByListeners", message });

/** Whether a listener is the one for a host of a route: https://gateway-api.sigs.k8s.io/geps/gep-1748/ (listener isolation). */
export function isIsolatedHere(host: string, { parent, siblings }: Binding): boolean {
  const own = parent?.hostname ?? "";
  if (own !== "" && !own.startsWith("*")) return true;
  if (own !== "" && !overlap(host, own)) return false;
  return !siblings.some((other) => own.length <= other.length && isSubsetOf(host, other));
}
