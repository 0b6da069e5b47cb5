// Logs by the API server: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#read-log-pod-v1-core

import { PODS } from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PodLogs } from "../../ports/pod-logs.ts";
import { query, resourcePath } from "./resource-path.ts";
import type { Transport } from "./transport.ts";
import { lines } from "./watch-stream.ts";

export function restPodLogs(transport: Transport, clock: Clock): PodLogs {
  return {
    async *read({ namespace, name }, options) {
      const { follow, tailLines, sinceMs, timestamps, previous, limitBytes, signal } = options;
      const sinceSeconds = sinceMs === undefined ? undefined : Math.max(1, Math.ceil((clock.now() - sinceMs) / 1000));
      const values = { follow, tailLines, sinceSeconds, timestamps, previous, limitBytes };
      const path = resourcePath(PODS, namespace, name, "log") + query(values);
      try {
        const about = { verb: "get", resource: "pods/log" };
        const body = await transport.stream({
          method: "GET",
          path,
          about,
          accept: "*/*",
          ...(signal ? { signal } : {}),
        });
        for await (const line of lines(body)) yield `${line}\n`;
      } catch (error) {
        if (signal?.aborted !== true) throw error;
      }
    },
  };
}
