// Kubernetes Events about a Canary.

import type { KubeObject } from "../core/kubernetes/object.ts";
import { EVENTS } from "../core/kubernetes/resource.ts";
import { formatTime } from "../core/kubernetes/time.ts";
import type { Effect } from "../core/rollout/decision.ts";
import type { Canary } from "../core/spec/canary.ts";
import type { Cluster } from "../ports/cluster.ts";

/** The API refuses longer messages. */
const MAX_MESSAGE_LENGTH = 1_024;

export interface EventOptions {
  cluster: Cluster;
  nowMs: number;
  identity: string;
}

export async function emitEvent(
  { cluster, nowMs, identity }: EventOptions,
  canary: Canary,
  { type, reason, message }: Extract<Effect, { kind: "emitEvent" }>,
): Promise<void> {
  const { namespace, name, uid, resourceVersion } = canary.metadata;
  const at = `${formatTime(nowMs).slice(0, 19)}Z`;
  const event: KubeObject = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "", generateName: `${name}-`, namespace },
    involvedObject: { apiVersion: canary.apiVersion, kind: canary.kind, namespace, name, uid, resourceVersion },
    type,
    reason,
    message: message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`,
    source: { component: "serin" },
    reportingComponent: "serin",
    reportingInstance: identity,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  await cluster.create(EVENTS, event, { fieldManager: "serin" });
}
