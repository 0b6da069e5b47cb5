import { expect, it } from "vitest";
import type { Pod, PodStatus } from "../../../core/kubernetes/workload.ts";
import { type Cluster, ClusterError } from "../../../ports/cluster.ts";
import { StatusWriter } from "./status-writer.ts";

const POD: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default", uid: "u" },
  spec: { containers: [] },
};
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const clock = {
  now: () => 0,
  after: (_delayMs: number, run: () => void) => {
    queueMicrotask(run);
    return silent;
  },
};

function world(answer: (phase: string, call: number) => void, exists = true) {
  const stored: string[] = [];
  const patch = async (_resource: unknown, _key: unknown, { body }: { body: { status: PodStatus } }) => {
    const { phase = "" } = body.status;
    await Promise.resolve();
    answer(phase, stored.length);
    stored.push(phase);
    return { metadata: { resourceVersion: String(stored.length) } };
  };
  const get = async () => {
    if (exists) return POD;
    throw new ClusterError("NotFound", "gone");
  };
  return { stored, writer: new StatusWriter(POD, { cluster: { patch, get } as unknown as Cluster, clock, log }) };
}

it("stores the newest status, whenever it comes", async () => {
  const { stored, writer } = world(silent);
  // At every number of turns after a write, also just when that one has finished.
  for (let turns = 0; turns < 12; turns += 1) {
    void writer.write({ phase: "Pending" });
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    await writer.write({ phase: "Running", message: String(turns) });
    expect(stored.at(-1)).toBe("Running");
  }
});

it("tries again when the store is busy, and gives up when the pod is gone", async () => {
  let failures = 2;
  const busy = world(() => {
    failures -= 1;
    if (failures >= 0) throw new ClusterError("TooManyRequests", "busy");
  });
  await busy.writer.write({ phase: "Running" });
  expect(busy.stored).toEqual(["Running"]);
  const gone = world(() => {
    throw new ClusterError("NotFound", "gone");
  }, false);
  await gone.writer.write({ phase: "Running" });
  expect(gone.stored).toEqual([]);
});
