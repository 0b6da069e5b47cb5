// Subresources of a real cluster that the sandbox does not have, with what to do instead.

import type { KnownResource } from "../registry.ts";
import { isPod } from "./api-groups.ts";
import { Refusal } from "./status.ts";

const INSTEAD: Record<string, string> = {
  exec: "nothing that a client names is executed in a pod; read its output with kubectl logs, reach its ports with kubectl port-forward",
  attach: "its pods have no terminal; follow their output with kubectl logs -f",
  proxy: "use kubectl port-forward, or the addresses that kubectl get pods -o wide shows: pods listen on this machine",
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
