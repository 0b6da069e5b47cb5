// What the proxies really do: weight is confirmed, not assumed. Sandbox: the gateway itself; cluster: a later adapter.

import type { ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";

export interface DataPlane {
  /** Whether every proxy works by this version of the object (or a newer one), and if not, whom it waits for. */
  acknowledged(resource: Resource, key: ObjectKey, resourceVersion: string): Promise<Acknowledgement>;
  /** Requests in flight to the workload's pods right now, seen by the proxies: zero before pods may go. */
  inFlight(namespace: string, workload: string): Promise<number>;
}

export type Acknowledgement = { acknowledged: true } | { acknowledged: false; waitingFor: string };
