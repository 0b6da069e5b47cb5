import { expect, test } from "vitest";
import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { EVENTS } from "../../../core/kubernetes/resource.ts";
import { openSandboxCluster } from "../open.ts";

const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

test("events of the last hour stay, older ones go when new ones come", async () => {
  let now = Date.UTC(2026, 0, 1);
  const sandbox = await openSandboxCluster({
    dataFile: ":memory:",
    clock: { now: () => now, after: () => silent },
    log,
  });
  const create = (name: string) => {
    const involvedObject = { kind: "Pod", name: "a", namespace: "default" };
    const event: KubeObject = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: "default" },
      involvedObject,
    };
    return sandbox.cluster.create(EVENTS, event);
  };
  await create("old");
  await create("seen-again");
  now += 50 * 60_000;
  await create("young");
  const lastTimestamp = new Date(now).toISOString().slice(0, 19) + "Z";
  await sandbox.cluster.patch(
    EVENTS,
    { namespace: "default", name: "seen-again" },
    { type: "merge", body: { lastTimestamp } },
  );
  now += 20 * 60_000;
  for (let i = 0; i < 50; i++) await create(`new-${i}`);
  const { items } = await sandbox.cluster.list(EVENTS);
  const names = items.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith("new-"));
  expect(names).toEqual(["seen-again", "young"]);
  await sandbox.close();
});
