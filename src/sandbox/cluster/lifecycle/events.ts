// Events are kept for an hour, as a real API server keeps them. They are looked through each time some new ones have come, so that no
// timer is needed and a quiet sandbox does nothing.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { Core } from "../core.ts";

const KEPT_MS = 3_600_000;
const LOOK_EVERY_EVENTS = 50;

/** Call once; follows every commit. */
export function forgetOldEvents(core: Core): void {
  let fresh = 0;
  core.store.onCommit(({ storage, after }) => {
    if (storage !== "events" || after === undefined) return;
    fresh += 1;
    if (fresh % LOOK_EVERY_EVENTS === 0) core.defer(() => sweep(core));
  });
  core.defer(() => sweep(core));
}

function sweep(core: Core): void {
  const oldest = core.clock.now() - KEPT_MS;
  for (const [key, event] of core.store.collection("events").objects)
    if (lastSeenMs(event) < oldest) core.store.commit("events", key, undefined);
}

function lastSeenMs(event: KubeObject): number {
  const { lastTimestamp, series } = event as { lastTimestamp?: string; series?: { lastObservedTime?: string } };
  const times = [lastTimestamp, series?.lastObservedTime, event.metadata.creationTimestamp].map((each) =>
    Date.parse(each ?? ""),
  );
  return Math.max(...times.filter((each) => !Number.isNaN(each)));
}
