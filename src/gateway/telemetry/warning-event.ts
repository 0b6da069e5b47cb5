// An Event that the gateway writes about an object.

import type { KubeObject } from "../../core/kubernetes/object.ts";

const COMPONENT = "istio-ingressgateway";

export interface EventMoment {
  now: string;
  /** Keeps the names of Events of one second apart. */
  sequence: number;
}

export function warningEvent(
  { apiVersion, kind, metadata }: KubeObject,
  { reason, message }: { reason: string; message: string },
  { now, sequence }: EventMoment,
): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${(Date.parse(now) * 1_000 + sequence).toString(16)}`, namespace },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    reason,
    message: message.slice(0, 1_024),
    type: "Warning",
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: COMPONENT,
  };
}
