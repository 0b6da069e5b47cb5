// Writes status: at once when its meaning changed, else at most every ten seconds, always beside the passes.

import { CANARIES } from "../core/kubernetes/resource.ts";
import { canonical } from "../core/rollout/canonical.ts";
import { recordDue } from "../core/rollout/record.ts";
import type { CanaryStatus } from "../core/rollout/status.ts";
import type { Canary } from "../core/spec/canary.ts";
import type { Clock } from "../ports/clock.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { Clerk } from "./clerk.ts";
import { keepWhole } from "./kept.ts";
import { objectKey } from "./key.ts";
import type { Memory } from "./memory.ts";

export interface RecordOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  clerk: Clerk;
  wake: (key: string) => void;
  wakeAfter: (key: string, delayMs: number) => void;
}

/** Sees to it that what is decided gets stored, now or in time. */
export function record(options: RecordOptions, key: string, memory: Memory): void {
  const { clerk, clock, wakeAfter } = options;
  if (memory.status === undefined) return;
  const due = recordDue(memory.stored, memory.status, memory.storedAtMs, clock.now());
  if (due === "never") return;
  if (due === "now") clerk.take(key, "status", { id: "status", run: () => writeStatus(options, key, memory) });
  else wakeAfter(key, due.afterMs);
}

async function writeStatus(options: RecordOptions, key: string, memory: Memory): Promise<void> {
  const { cluster, clock, wake } = options;
  const status = memory.status;
  if (status === undefined) return;
  try {
    const sent = { ...memory.object, status };
    const written = await cluster.update<Canary>(CANARIES, sent, { subresource: "status", fieldManager: "serin" });
    keep(memory, written, status, clock.now());
  } catch (error) {
    if (isClusterError(error, "NotFound")) return;
    if (!isClusterError(error, "Conflict")) throw error;
    await refresh(options, key, memory, status);
  }
  wake(key);
}

function keep(memory: Memory, written: Canary, status: CanaryStatus, nowMs: number): void {
  memory.object = keepWhole(written);
  memory.stored = status;
  memory.storedAnswer = written.status;
  memory.storedAtMs = nowMs;
}

/**
 * Somebody changed the object since. When its status is still ours (a spec or a label was changed, or an answer to us was
 * lost), the next pass writes against the new version; when another controller wrote the status, theirs is the truth to go on from.
 */
async function refresh(options: RecordOptions, key: string, memory: Memory, sent: CanaryStatus): Promise<void> {
  const { cluster, log } = options;
  let fresh: Canary;
  try {
    fresh = await cluster.get<Canary>(CANARIES, objectKey(key));
  } catch (error) {
    if (isClusterError(error, "NotFound")) return;
    throw error;
  }
  const theirs = canonical(fresh.status);
  memory.object = keepWhole(fresh);
  if (theirs === canonical(memory.storedAnswer)) return;
  memory.storedAnswer = fresh.status;
  memory.stored = fresh.status;
  if (theirs === canonical(sent)) return;
  log.warn("another controller wrote the status, going on from theirs", { canary: key });
  memory.status = fresh.status;
}
