import { describe, expect, it } from "vitest";
import type { Pod, Service } from "../../../core/kubernetes/workload.ts";
import { computeSlices } from "./compute.ts";

const SERVICE: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "echo", namespace: "default" },
  spec: { selector: { app: "echo" }, ports: [{ name: "http", port: 80, targetPort: "web" }] },
};

function pod(
  name: string,
  { ready = true, ip = `127.1.1.${name.length}`, port = 8080, deleting = false, phase = "Running" as const } = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: name,
      labels: { app: "echo" },
      ...(deleting && { deletionTimestamp: "x" }),
    },
    spec: { containers: [{ name: "c", image: "i", ports: [{ name: "web", containerPort: port }] }] },
    status: { phase, ...(ip && { podIP: ip }), conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

describe("computeSlices", () => {
  it("lists pods with an address, ready or not", () => {
    const [slice] = computeSlices(SERVICE, [pod("a"), pod("bb", { ready: false }), pod("none", { ip: "" })]);
    expect(slice?.ports).toEqual([{ name: "http", port: 8080, protocol: "TCP" }]);
    expect(slice?.endpoints.map(({ addresses, conditions }) => [addresses[0], conditions?.ready])).toEqual([
      ["127.1.1.1", true],
      ["127.1.1.2", false],
    ]);
  });

  it("takes a terminating pod out of ready at once, though it still serves", () => {
    const [slice] = computeSlices(SERVICE, [pod("a", { deleting: true })]);
    expect(slice?.endpoints[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
  });

  it("makes one slice per meaning of a named port", () => {
    const slices = computeSlices(SERVICE, [pod("a"), pod("bb", { port: 9090 })]);
    expect(slices.map(({ ports }) => ports[0]?.port)).toEqual([8080, 9090]);
  });

  it("keeps an empty slice when no pod matches, and none without a selector", () => {
    expect(computeSlices(SERVICE, [])).toEqual([{ addressType: "IPv4", endpoints: [], ports: [] }]);
    expect(computeSlices({ ...SERVICE, spec: { ports: [] } }, [pod("a")])).toEqual([]);
  });

  it("offers unready pods where the Service asks for it", () => {
    const eager = { ...SERVICE, spec: { ...SERVICE.spec, publishNotReadyAddresses: true } } as Service;
    expect(computeSlices(eager, [pod("a", { ready: false })])[0]?.endpoints[0]?.conditions?.ready).toBe(true);
  });
});
