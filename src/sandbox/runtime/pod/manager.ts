// A worker for each pod of this node.

import type { Pod } from "../../../core/kubernetes/workload.ts";
import type { PodPorts } from "../../../ports/pod-ports.ts";
import { NODE_NAME } from "../node.ts";
import type { Watches } from "../watches.ts";
import type { PodContext } from "./context.ts";
import { hasEnded, isUnmanaged } from "./read.ts";
import { PodWorker } from "./worker.ts";

export interface PodManager {
  /** Resolves when every pod that exists now has its status corrected, and the watch shows it. */
  reported(): Promise<void>;
  podPorts: PodPorts;
  /** Ends all processes; the objects stay. */
  stop(): Promise<void>;
}

export function managePods(watches: Watches, context: PodContext): PodManager {
  const workers = new Map<string, PodWorker>();
  // Ended by us, but kept by a finalizer: nothing is left to do for them.
  const finished = new Set<string>();
  let stopped = false;
  for (const pod of watches.pods.list()) take(pod);
  watches.pods.onChange(({ object, before }) => {
    if (object !== undefined) take(object);
    // Another pod may have the same name meanwhile: it is known by its uid.
    if (before !== undefined && before.metadata.uid !== object?.metadata.uid) {
      workers.get(before.metadata.uid!)?.end("gone");
      finished.delete(before.metadata.uid!);
    }
  });
  return {
    reported: async () => void (await Promise.all([...workers.values()].map(shown))),
    podPorts: {
      find: async ({ uid }, port) => (await workers.get(uid)?.reach(port)) ?? { refused: "the pod has ended" },
    },
    stop: async () => {
      stopped = true;
      const all = [...workers.values()];
      for (const worker of all) worker.end("stopped");
      await Promise.all(all.map(({ done }) => done));
    },
  };

  /** Resolves when the watch has shown the worker's first status, so that decisions rest on it. */
  async function shown(worker: PodWorker): Promise<void> {
    const version = await worker.reported;
    const { namespace, name } = worker.key;
    const isShown = () =>
      Number(watches.pods.get({ namespace, name })?.metadata.resourceVersion ?? Infinity) >= Number(version);
    if (version === undefined || isShown()) return;
    await new Promise<void>((resolve) => {
      const unsubscribe = watches.pods.onChange(() => {
        if (!isShown()) return;
        unsubscribe();
        resolve();
      });
    });
  }

  function take(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = workers.get(uid!);
    if (known !== undefined) known.update(pod);
    else if (!stopped && !finished.has(uid!) && isOurs(pod)) {
      const worker = new PodWorker(pod, context);
      workers.set(uid!, worker);
      void worker.done.finally(() => {
        workers.delete(uid!);
        if (watches.pods.get(pod.metadata)?.metadata.uid === uid) finished.add(uid!);
      });
    }
  }
}

function isOurs(pod: Pod): boolean {
  if (isUnmanaged(pod)) return false;
  if (hasEnded(pod) && pod.metadata.deletionTimestamp === undefined) return false;
  const node = pod.spec.nodeName ?? "";
  return node === "" || node === NODE_NAME;
}
