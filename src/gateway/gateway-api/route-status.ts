// What a route's status says of each parent. istiod 1.31, pilot/pkg/config/kube/gateway/conditions.go (createRouteStatus): listeners of one
// reference are told as one, and the nearest miss is what is told when all of them refuse.

import { isDeepStrictEqual } from "node:util";
import { failed, type Moment, type Stated, setConditions } from "./conditions.ts";
import { CONTROLLER, type Finding, GROUP, type ParentReference, type RouteParentStatus } from "./objects.ts";
import type { Binding } from "./parents.ts";
import type { CompiledRoute } from "./translate.ts";

/** Entries of other controllers stay as they are. */
export function routeStatus(
  { object, bindings, finding, refusal }: CompiledRoute,
  existing: readonly RouteParentStatus[],
  moment: Moment,
): { parents: RouteParentStatus[] } {
  const { namespace = "default" } = object.metadata;
  const nameOf = (ref: ParentReference) => parentName(ref, namespace);
  const references = object.spec.parentRefs ?? [];
  const told = [...Map.groupBy(bindings, ({ ref }) => ref)].map(([ref, own]): RouteParentStatus => {
    const parentRef = references[ref]!;
    const before = existing.find(
      (each) => each.controllerName === CONTROLLER && nameOf(each.parentRef) === nameOf(parentRef),
    );
    const stated = { Accepted: accepted(own, refusal), ResolvedRefs: resolved(finding) };
    const conditions = setConditions(before?.conditions ?? [], stated, moment);
    return { parentRef, controllerName: CONTROLLER, conditions };
  });
  const kept = existing.flatMap((each): RouteParentStatus[] => {
    if (each.controllerName !== CONTROLLER) return [each];
    return told.filter(({ parentRef }) => nameOf(parentRef) === nameOf(each.parentRef)).slice(0, 1);
  });
  const added = told
    .filter((each) => !kept.some((other) => isDeepStrictEqual(other, each)))
    .sort((a, b) => (nameOf(a.parentRef) > nameOf(b.parentRef) ? -1 : 1));
  return { parents: [...kept, ...added] };
}

function resolved(finding: Finding | undefined): Stated {
  return finding === undefined ? { reason: "ResolvedRefs", message: "All references resolved" } : failed(finding);
}

/** The lower, the nearer to being accepted. */
const RANKS = ["NotAllowedByListeners", "NoMatchingListenerHostname", "NoMatchingParent", "UnsupportedValue"];

function accepted(bindings: readonly Binding[], refusal: string | undefined): Stated {
  const denied = bindings.flatMap((each) => each.denied ?? []);
  const count = bindings.length - denied.length;
  if (count > 0 && refusal !== undefined) return failed({ reason: "UnsupportedValue", message: refusal });
  if (count > 0)
    return {
      reason: "Accepted",
      message: count === 1 ? "Route was valid" : `Route was valid, bound to ${count} parents`,
    };
  const reason = RANKS.find((each) => denied.some((finding) => finding.reason === each))!;
  const messages = denied.filter((each) => each.reason === reason).map(({ message }) => message);
  return failed({ reason, message: messages.join("; ") });
}

function parentName(ref: ParentReference, own: string): string {
  const { group = GROUP, kind = "Gateway", name, sectionName = "", port = 0, namespace = own } = ref;
  return `${group}/${kind}/${name}/${sectionName}/${port}.${namespace}`;
}
