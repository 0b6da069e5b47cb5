// One pass over one Canary: observe, decide, apply, record.

import { decide } from "../core/rollout/decide.ts";
import type { Policy } from "../core/rollout/decision.ts";
import type { Canary } from "../core/spec/canary.ts";
import { type ApplyOptions, apply } from "./apply.ts";
import { objectKey } from "./key.ts";
import { type Memory, newMemory } from "./memory.ts";
import type { MetricPoll } from "./metric-poll.ts";
import { type ObserveOptions, observe } from "./observe.ts";
import { refuseOrphans } from "./orphans.ts";
import { type RecordOptions, record } from "./record.ts";

export interface ReconcileOptions extends ObserveOptions, ApplyOptions, RecordOptions {
  policy: Policy;
  metrics: MetricPoll;
  memories: Map<string, Memory>;
}

/** Resolves to the time of the next look, if one is needed though nothing changes. */
export async function reconcile(options: ReconcileOptions, key: string): Promise<number | undefined> {
  const { watches, memories, clock, policy } = options;
  const canary = watches.canaries.get(objectKey(key));
  if (canary === undefined) return forget(options, key);
  const memory = recall(memories, key, canary);
  const observation = await observe(options, canary, memory);
  const nowMs = clock.now();
  const decision = decide({ observation, status: memory.status, policy, nowMs });
  memory.status = decision.status;
  const { rollout } = decision.status;
  const polled = decision.active && rollout !== undefined ? rollout : undefined;
  options.metrics.follow(key, polled && { namespace: observation.canary.namespace, ...namesOf(polled) });
  const applying = apply(options, canary, memory, decision.effects); // the route first, then the paper
  record(options, key, memory);
  const again = await applying;
  if (!again) return decision.nextLookAtMs;
  options.metrics.now(key);
  return clock.now();
}

function namesOf({ stable, canary }: { stable: string; canary: string }) {
  return { stable, canary };
}

function recall(memories: Map<string, Memory>, key: string, canary: Canary): Memory {
  const known = memories.get(key);
  const same = known !== undefined && known.object.metadata.uid === canary.metadata.uid;
  const memory = same ? known : newMemory(canary);
  memories.set(key, memory);
  return memory;
}

function forget(options: ReconcileOptions, key: string): number | undefined {
  options.metrics.follow(key, undefined);
  options.proxies.ask(key, []);
  options.memories.delete(key);
  return refuseOrphans(options, key);
}
