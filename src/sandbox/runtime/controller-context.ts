// What controllers work with: the cluster, their copy of it, Events; and those of owners (Deployments, ReplicaSets) their
// queue, and the own writes that their copy does not show yet.

import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import type { EventRecorder } from "./events.ts";
import { Expectations } from "./expectations.ts";
import { KeyQueue } from "./queue.ts";
import type { Watches } from "./watches.ts";

export interface ControllerContext {
  cluster: Cluster;
  watches: Watches;
  events: EventRecorder;
  clock: Clock;
  log: Log;
}

export interface OwnerContext extends ControllerContext {
  queue: KeyQueue;
  expectations: Expectations;
}

export function ownerContext(
  shared: ControllerContext,
  name: string,
  reconcile: (context: OwnerContext, key: string) => Promise<void>,
): OwnerContext {
  const { clock, log } = shared;
  const queue = new KeyQueue({ name, clock, log, reconcile: (key) => reconcile(context, key) });
  const context: OwnerContext = { ...shared, queue, expectations: new Expectations() };
  return context;
}
