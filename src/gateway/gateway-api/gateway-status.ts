// What a Gateway's status says: of itself, its addresses and its listeners. istiod 1.31, conversion.go (reportGatewayStatus, buildListener)
// and gatewaycommon/conversion.go (SetProgrammedCondition).

import { failed, type Moment, type Stated, setConditions } from "./conditions.ts";
import { INGRESS_HOST } from "./gateway-services.ts";
import type { CompiledGateway, CompiledListener } from "./listeners.ts";
import type { Finding, GatewayStatus, ListenerStatus } from "./objects.ts";
import type { CompiledRoute } from "./translate.ts";

export interface GatewaySurroundings {
  routes: readonly CompiledRoute[];
  /** By internal name: what keeps a listener from being open. */
  listenerProblems: ReadonlyMap<string, string[]>;
  openPorts: readonly number[];
}

export function gatewayStatus(
  gateway: CompiledGateway,
  around: GatewaySurroundings,
  existing: GatewayStatus,
  moment: Moment,
): GatewayStatus {
  const listeners = gateway.assignment.services.length === 0 ? [] : gateway.listeners;
  const before = new Map((existing.listeners ?? []).map((each) => [each.name, each]));
  const counts = attachedRoutes(gateway, around.routes);
  const valid = listeners.filter((each) => isValid(each, around)).length;
  const { addresses, programmed } = programming(gateway, around.openPorts);
  const stated = {
    Accepted: accepted(gateway, listeners.length, valid),
    Programmed: programmed,
    ResolvedRefs: { reason: "ResolvedRefs", message: "All references resolved" },
  };
  const { addresses: _, listeners: __, ...rest } = existing;
  const listenerStatus = (each: CompiledListener): ListenerStatus => {
    const { name } = each.spec;
    return {
      name,
      supportedKinds: each.supportedKinds,
      attachedRoutes: counts.get(name) ?? 0,
      conditions: setConditions(before.get(name)?.conditions ?? [], listenerConditions(each, around), moment),
    };
  };
  return {
    ...rest,
    ...(addresses.length === 0 ? {} : { addresses }),
    conditions: setConditions(existing.conditions ?? [], stated, moment),
    ...(listeners.length === 0 ? {} : { listeners: listeners.map(listenerStatus) }),
  };
}

function isValid(listener: CompiledListener, { listenerProblems }: GatewaySurroundings): boolean {
  const { parent, finding, conflict, tls } = listener;
  const isWell = conflict === undefined && finding === undefined && tls.finding === undefined;
  return isWell && !listenerProblems.has(parent?.internalName ?? "");
}

function accepted({ assignment }: CompiledGateway, all: number, valid: number): Stated {
  if (assignment.finding !== undefined) return failed(assignment.finding);
  const reason = "ListenersNotValid";
  if (all > 0 && valid === 0) return failed({ reason, message: "None of the Gateway's listeners are valid" });
  if (valid < all) return { reason, message: "One or more of the Gateway's listeners are invalid" };
  return { reason: "Accepted", message: "Resource accepted" };
}

const CONFLICT = "Listener has a conflict with another listener attached to the same Gateway";
const FINE = "No errors found";

function listenerConditions(
  { parent, conflict, finding, hasWrongKinds, tls }: CompiledListener,
  { listenerProblems }: GatewaySurroundings,
): Record<string, Stated> {
  const kinds: Record<string, Stated> = hasWrongKinds
    ? { ResolvedRefs: failed({ reason: "InvalidRouteKinds", message: "Invalid route kinds" }) }
    : {};
  if (conflict !== undefined) {
    const lost = { reason: conflict, message: CONFLICT };
    return { Accepted: failed(lost), Programmed: failed(lost), Conflicted: lost, ...kinds };
  }
  return {
    Accepted: orFailed(finding ?? forbiddenCertificate(tls.finding), { reason: "Accepted", message: FINE }),
    Conflicted: { status: "False", reason: "NoConflicts", message: FINE },
    Programmed: orFailed(notProgrammed(tls.finding, listenerProblems.get(parent?.internalName ?? "")), {
      reason: "Programmed",
      message: FINE,
    }),
    ResolvedRefs: orFailed(tls.finding, { reason: "ResolvedRefs", message: FINE }),
    ...kinds,
  };
}

function orFailed(finding: Finding | undefined, good: Stated): Stated {
  return finding === undefined ? good : failed(finding);
}

/** istiod's reason for it, though it is about no authority. */
function forbiddenCertificate(finding: Finding | undefined): Finding | undefined {
  return finding?.reason === "RefNotPermitted" ? { ...finding, reason: "NoValidCACertificate" } : undefined;
}

function notProgrammed(certificate: Finding | undefined, problems: readonly string[] | undefined): Finding | undefined {
  if (certificate !== undefined) return { reason: "Invalid", message: "Bad TLS configuration" };
  return problems && { reason: "Invalid", message: problems.join("; ") };
}

/** A route counts once at a listener, however often it names it. */
function attachedRoutes({ object }: CompiledGateway, routes: readonly CompiledRoute[]): Map<string, number> {
  const own = `${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
  const counts = new Map<string, number>();
  for (const { bindings } of routes) {
    const here = bindings.filter(({ gateway, denied, parent }) => gateway === own && denied === undefined && parent);
    for (const section of new Set(here.map(({ parent }) => parent!.section)))
      counts.set(section, (counts.get(section) ?? 0) + 1);
  }
  return counts;
}

/** The ingress's Service has the address of this machine. */
function programming({ assignment, listeners }: CompiledGateway, openPorts: readonly number[]) {
  const ports = [...new Set(listeners.filter(({ parent }) => parent !== undefined).map(({ spec }) => spec.port))];
  const open = assignment.isServed ? ports.filter((port) => openPorts.includes(port)) : [];
  const closed = assignment.isServed ? ports.filter((port) => !openPorts.includes(port)) : [];
  const warnings = [
    ...assignment.warnings,
    ...closed.map(
      (port) =>
        `port ${port} not found for hostname ${JSON.stringify(INGRESS_HOST)} (open in the sandbox: ${openPorts.join(", ")})`,
    ),
  ].sort();
  const internal = open.map((port) => `${INGRESS_HOST}:${port}`).sort();
  const addresses = open.length === 0 ? [] : [{ type: "IPAddress", value: "127.0.0.1" }];
  return { addresses, programmed: programmed(assignment.services, internal, warnings) };
}

function programmed(services: readonly string[], internal: readonly string[], warnings: readonly string[]): Stated {
  if (services.length === 0)
    return failed({ reason: "UnsupportedAddress", message: "Failed to assign to any requested addresses" });
  const assigned = internal.length === 0 ? "" : `assigned to service(s) ${listing(internal)}`;
  if (warnings.length === 0)
    return {
      reason: "Programmed",
      message: assigned === "" ? "Resource programmed" : `Resource programmed, ${assigned}`,
    };
  const message =
    assigned === ""
      ? `Failed to assign to any requested addresses: ${warnings.join("; ")}`
      : `A${assigned.slice(1)}, but failed to assign to all requested addresses: ${warnings.join("; ")}`;
  return failed({ reason: "AddressNotUsable", message });
}

function listing(names: readonly string[]): string {
  if (names.length < 3) return names.join(" and ");
  return `${names.slice(0, -1).join(", ")}, and ${names.at(-1)}`;
}
