// Events as kubectl shows them. A repeated one raises the count of the first instead of adding another.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { EVENTS } from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Cluster, isClusterError } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";

export interface EventRecorder {
  /** Never fails: an event is told, not relied on. */
  record(about: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
  /** Resolves when all that was recorded is written or given up. */
  flush(): Promise<void>;
}

const COMPONENT = "serin-sandbox";
const REMEMBERED = 500;
const MAX_MESSAGE_CHARS = 1_024;

interface Remembered {
  name: string;
  count: number;
}

export function eventRecorder({ cluster, clock, log }: { cluster: Cluster; clock: Clock; log: Log }): EventRecorder {
  const seen = new Map<string, Remembered>();
  let tail: Promise<void> = Promise.resolve();
  let serial = 0;

  return {
    record(about, type, reason, message) {
      const write = () => send(about, type, reason, message.slice(0, MAX_MESSAGE_CHARS));
      tail = tail
        .then(write)
        .catch((error: unknown) => log.debug("event not written", { reason, error: String(error) }));
    },
    flush: () => tail,
  };

  async function send(about: KubeObject, type: string, reason: string, message: string): Promise<void> {
    const key = `${about.metadata.uid}/${reason}/${message}`;
    const known = seen.get(key);
    if (known === undefined || !(await raise(about, known))) {
      const created = await cluster.create(EVENTS, newEvent(about, type, reason, message));
      seen.delete(key);
      seen.set(key, { name: created.metadata.name, count: 1 });
      if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value!);
    }
  }

  async function raise(about: KubeObject, known: Remembered): Promise<boolean> {
    known.count += 1;
    const body = { count: known.count, lastTimestamp: timeText(clock.now()) };
    try {
      await cluster.patch(EVENTS, { namespace: namespaceOf(about), name: known.name }, { type: "merge", body });
      return true;
    } catch (error) {
      if (isClusterError(error, "NotFound")) return false;
      throw error;
    }
  }

  function newEvent(about: KubeObject, type: string, reason: string, message: string): KubeObject {
    const now = clock.now();
    const { name, uid, resourceVersion, namespace } = about.metadata;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${suffix(now)}`, namespace: namespaceOf(about) },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: timeText(now),
      lastTimestamp: timeText(now),
      source: { component: COMPONENT, host: COMPONENT },
      reportingComponent: COMPONENT,
      reportingInstance: COMPONENT,
    };
  }

  /** Unique in this process and, by its time, among others. */
  function suffix(nowMs: number): string {
    serial += 1;
    return `${nowMs.toString(16)}${(serial % 65_536).toString(16).padStart(4, "0")}`;
  }
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function namespaceOf(about: KubeObject): string {
  return about.metadata.namespace ?? "default";
}
