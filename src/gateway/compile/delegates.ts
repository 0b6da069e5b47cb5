// Roots and their delegates: a root's http route that has a `delegate` stands for the routes of the VirtualService of that name,
// each merged with it. A delegate that is missing or not exported to the root's namespace leaves only that route out, as in istiod.

import type { Destination, HttpRoute, VirtualService } from "../objects.ts";
import { fullyQualified, gatewayName } from "../routing/names.ts";
import type { Problem } from "../routing/table.ts";
import { compileHttp, type HttpTemplate, type VirtualServiceTemplate } from "./compile-virtual-service.ts";
import { mergeRoute } from "./merge-routes.ts";

/** VirtualServices that have hosts, with their delegates' routes in place. Those in `all` must be good ones. */
export function withDelegates(all: readonly VirtualServiceTemplate[]): VirtualServiceTemplate[] {
  const named = new Map(all.flatMap((each) => (each.isDelegate ? [[nameOf(each), each] as const] : [])));
  return all.flatMap((each) => {
    if (each.isDelegate) return [];
    return each.delegating.length === 0 ? [each] : [resolve(each, named)];
  });
}

interface Resolution {
  delegates: (VirtualService | undefined)[];
  resolved: VirtualServiceTemplate;
}

/** Of the last compilation; good for as long as root and delegates are the same objects. */
const resolutions = new WeakMap<VirtualService, Resolution>();

function resolve(
  root: VirtualServiceTemplate,
  named: ReadonlyMap<string, VirtualServiceTemplate>,
): VirtualServiceTemplate {
  const found = root.delegating.map(({ target }) => named.get(target));
  const delegates = found.map((each) => each?.object);
  const known = resolutions.get(root.object);
  if (known?.delegates.every((each, i) => each === delegates[i]) === true) return known.resolved;
  const http = [...root.http];
  const notes: Problem[] = [];
  root.delegating.forEach(({ http: position, target }, i) => {
    const { routes, note } = routesOf(root, position, target, found[i]);
    http.push(...routes);
    if (note !== undefined) notes.push(noteOn(root, position, note));
  });
  // Stable: a delegate's routes keep their order.
  http.sort((a, b) => a.position - b.position);
  const resolved = { ...root, http, notes };
  resolutions.set(root.object, { delegates, resolved });
  return resolved;
}

function routesOf(
  root: VirtualServiceTemplate,
  position: number,
  target: string,
  delegate: VirtualServiceTemplate | undefined,
): { routes: HttpTemplate[]; note?: string } {
  if (delegate === undefined)
    return { routes: [], note: `there is no VirtualService ${target} without hosts that could be served` };
  if (!isExported(delegate, root.namespace))
    return { routes: [], note: `VirtualService ${target} is not exported to namespace ${root.namespace}` };
  const above = qualified(root.object.spec.http![position]!, root.namespace);
  const routes: HttpTemplate[] = [];
  const conflicting: number[] = [];
  (delegate.object.spec.http ?? []).forEach((route, i) => {
    const merged = mergeRoute(above, qualified(route, delegate.namespace));
    if (merged === undefined) conflicting.push(i);
    // Both halves have been checked; istiod does not judge them together, either.
    else
      routes.push({ ...compileHttp(merged, "", root.namespace, () => {}), position, delegate: `${target} http[${i}]` });
  });
  if (conflicting.length === 0) return { routes };
  return { routes, note: `http[${conflicting.join("], http[")}] of ${target} can never match together with it` };
}

function noteOn({ namespace, name }: VirtualServiceTemplate, position: number, note: string): Problem {
  const field = `spec.http[${position}].delegate`;
  const message = `${field}: ${note}, so nothing is served for it`;
  return { kind: "VirtualService", namespace, name, field, message, effect: "partly-honoured" };
}

function isExported({ exportTo, namespace }: VirtualServiceTemplate, to: string): boolean {
  return (
    exportTo.length === 0 ||
    exportTo.includes("*") ||
    exportTo.includes(to) ||
    (exportTo.includes(".") && namespace === to)
  );
}

function nameOf({ namespace, name }: VirtualServiceTemplate): string {
  return `${namespace}/${name}`;
}

/** Short names belong to the namespace of the object that says them. */
function qualified(route: HttpRoute, namespace: string): HttpRoute {
  const place = <T extends { destination?: Destination }>(each: T): T => ({
    ...each,
    ...(each.destination && { destination: destination(each.destination, namespace) }),
  });
  return {
    ...route,
    ...(route.match && {
      match: route.match.map((each) => ({
        ...each,
        ...(each.gateways && { gateways: each.gateways.map((name) => gatewayName(name, namespace)) }),
      })),
    }),
    ...(route.route && { route: route.route.map(place) }),
    ...(route.mirror && { mirror: destination(route.mirror, namespace) }),
    ...(route.mirrors && { mirrors: route.mirrors.map(place) }),
  };
}

function destination(written: Destination, namespace: string): Destination {
  return { ...written, host: fullyQualified(written.host ?? "", namespace) };
}
