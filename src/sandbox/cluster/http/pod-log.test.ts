import { expect, test } from "vitest";
import { PODS } from "../../../core/kubernetes/resource.ts";
import type { PodLogOptions } from "../../../ports/pod-logs.ts";
import type { ApiCall } from "./api-call.ts";
import { readPodLog } from "./pod-log.ts";

const NOW_MS = Date.parse("2026-11-24T12:00:00Z");

/** What the runtime is asked for, when this query comes in. */
async function asked(query: string): Promise<PodLogOptions> {
  let options: PodLogOptions | undefined;
  const podLogs = {
    async *read(_: unknown, given: PodLogOptions): AsyncIterable<string> {
      options = given;
      yield "a line\n";
    },
  };
  const status = { containerStatuses: [{ name: "echo", state: { running: {} } }] };
  const pod = {
    metadata: { name: "a", namespace: "default", uid: "u" },
    spec: { containers: [{ name: "echo" }] },
    status,
  };
  const call = {
    podLogs,
    cluster: { get: async () => pod },
    clock: { now: () => NOW_MS },
    query: new URLSearchParams(query),
    resource: PODS,
    path: { namespace: "default", name: "a" },
  };
  const reply = await readPodLog(call as unknown as ApiCall);
  await reply.write({ signal: new AbortController().signal, send: async () => true });
  return options!;
}

test("since is a moment, whether it is given as seconds ago or as a time", async () => {
  expect((await asked("sinceSeconds=5")).sinceMs).toBe(NOW_MS - 5_000);
  expect((await asked("sinceTime=2026-11-24T11:59:00Z")).sinceMs).toBe(NOW_MS - 60_000);
  expect((await asked("")).sinceMs).toBeUndefined();
});
