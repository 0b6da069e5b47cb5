// Actions for a Canary that does not exist are answered too: the one who asks waits for it.

import { CANARY_ACTIONS } from "../core/kubernetes/resource.ts";
import { formatTime, parseTime } from "../core/kubernetes/time.ts";
import type { CanaryAction } from "../core/spec/action.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Clerk } from "./clerk.ts";
import { objectKey } from "./key.ts";
import type { Watches } from "./watches.ts";

/** One file may bring the action before its Canary. */
const PATIENCE_MS = 1_000;

export function refuseOrphans(
  { watches, cluster, clerk, clock }: { watches: Watches; cluster: Cluster; clerk: Clerk; clock: Clock },
  key: string,
): number | undefined {
  const { namespace, name } = objectKey(key);
  const nowMs = clock.now();
  const orphans = watches.actionsFor
    .of(key)
    .filter(({ status }) => status === undefined || status.state === "Accepted");
  const [due, young] = [orphans.filter(isOld), orphans.filter((action) => !isOld(action))];
  for (const action of due)
    clerk.take(key, "answers", { id: `orphan ${action.metadata.uid}`, run: () => refuse(action) });
  return young.length === 0 ? undefined : nowMs + PATIENCE_MS;

  function isOld({ metadata }: CanaryAction): boolean {
    return nowMs - parseTime(metadata.creationTimestamp ?? formatTime(0)) >= PATIENCE_MS;
  }

  async function refuse({ metadata }: CanaryAction): Promise<void> {
    const message = `there is no Canary ${name} in namespace ${namespace}: nothing was done`;
    const status = { state: "Refused", message, at: formatTime(clock.now()) };
    const patch = { type: "merge" as const, body: { status } };
    const object = { namespace, name: metadata.name };
    await cluster.patch(CANARY_ACTIONS, object, patch, { subresource: "status", fieldManager: "serin" });
  }
}
