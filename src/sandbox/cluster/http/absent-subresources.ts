// Subresources of a real cluster that the sandbox does not have, with what to do instead.

import type { KnownResource } from "../registry.ts";
import { isPod } from "./api-groups.ts";
import { Refusal } from "./status.ts";

const INSTEAD: Record<string, string> = {
  exec: "nothing is executed inside its pods; read their output with kubectl logs, or start the program yourself",
  attach: "nothing can be attached to its pods; follow their output with kubectl logs -f",
  portforward:
    "its pods listen on this machine already; kubectl get pods -o wide shows their addresses, and the gateway serves what is routed",
  proxy:
    "its pods listen on this machine already; kubectl get pods -o wide shows their addresses, and the gateway serves what is routed",
  eviction: "it has one node and nothing to drain; delete the pod instead",
  ephemeralcontainers: "its pods have one container each",
  resize: "it does not limit what its pods use",
};

/** Throws for a subresource of pods that exists elsewhere; others are simply not found. */
export function refuseAbsent(resource: KnownResource, subresource: string): void {
  const instead = isPod(resource) && Object.hasOwn(INSTEAD, subresource) ? INSTEAD[subresource] : undefined;
  if (instead === undefined) return;
  throw new Refusal(405, "MethodNotAllowed", `the Serin sandbox has no pods/${subresource}: ${instead}`);
}
