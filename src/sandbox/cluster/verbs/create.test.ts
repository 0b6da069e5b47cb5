import { expect, test } from "vitest";
import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { KUBERNETES_GATEWAYS } from "../../../core/kubernetes/resource.ts";
import { openSandboxCluster } from "../open.ts";

const clock = { now: () => Date.UTC(2026, 0, 1), after: () => () => {} };
const log = { debug() {}, info() {}, warn() {}, error() {} };

test("a new object of a custom kind has the defaults of its status, not what its creator wrote there", async () => {
  const { cluster, close } = await openSandboxCluster({ dataFile: ":memory:", clock, log });
  const listeners = [{ name: "http", port: 80, protocol: "HTTP" }];
  const gateway: KubeObject = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "web", namespace: "default" },
    spec: { gatewayClassName: "nobody", listeners },
    status: { addresses: [{ type: "IPAddress", value: "10.0.0.1" }] },
  };
  await cluster.create(KUBERNETES_GATEWAYS, gateway);
  const { status } = await cluster.get(KUBERNETES_GATEWAYS, gateway.metadata);
  const { conditions, ...others } = status as { conditions: { type: string; reason: string }[] };
  expect(others).toEqual({});
  expect(conditions.map(({ type, reason }) => [type, reason])).toEqual([
    ["Accepted", "Pending"],
    ["Programmed", "Pending"],
  ]);
  await close();
});
