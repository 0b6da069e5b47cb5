import { describe, expect, it } from "vitest";
import type { Container, Pod } from "../../../core/kubernetes/workload.ts";
import type { CatalogueEntry } from "../catalogue/entry.ts";
import { refusePod } from "./admission.ts";

const ENTRY: CatalogueEntry = { image: "shop", command: ["node", "shop.js"] };

function pod(container: Partial<Container> = {}, spec: Record<string, unknown> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "shop-1", namespace: "default" },
    spec: { containers: [{ name: "shop", image: "shop:1", ...container }], ...spec },
  };
}

describe("refusePod", () => {
  it("lets what is honoured, or without effect here, pass", () => {
    const container = {
      args: ["--x"],
      env: [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
      envFrom: [{ configMapRef: { name: "c" } }],
      ports: [{ containerPort: 8080, protocol: "TCP" }],
      readinessProbe: { httpGet: { port: 8080 } },
      lifecycle: { preStop: { sleep: { seconds: 1 } } },
      resources: { limits: { cpu: "1" } },
      imagePullPolicy: "IfNotPresent",
    };
    const spec = {
      restartPolicy: "Always",
      dnsPolicy: "ClusterFirst",
      tolerations: [{ operator: "Exists" }],
      volumes: [],
      hostNetwork: false,
    };
    expect(refusePod(pod(container, spec), ENTRY)).toBeUndefined();
  });

  it.each<[string, Partial<Container>, Record<string, unknown>, string]>([
    [
      "init containers",
      {},
      { initContainers: [{ name: "i" }] },
      "spec.initContainers: do their work in the program itself",
    ],
    ["volumes", {}, { volumes: [{ name: "v" }] }, "spec.volumes: pass configuration by env"],
    ["volume mounts", { volumeMounts: [{ name: "v" }] }, {}, "spec.containers[0].volumeMounts: pass"],
    ["the host's network", {}, { hostNetwork: true }, "spec.hostNetwork: remove it"],
    ["fields it has never heard of", {}, { someday: { x: 1 } }, "spec.someday: remove it"],
    [
      "gRPC probes",
      { readinessProbe: { grpc: { port: 1 } } },
      {},
      "spec.containers[0].readinessProbe.grpc: use httpGet or tcpSocket",
    ],
    [
      "probes to other hosts",
      { livenessProbe: { httpGet: { port: 1, host: "10.0.0.1" } as never } },
      {},
      "livenessProbe host: remove it",
    ],
    ["host ports", { ports: [{ containerPort: 1, hostPort: 1 } as never] }, {}, "ports[0].hostPort: remove it"],
    ["UDP", { ports: [{ containerPort: 53, protocol: "UDP" }] }, {}, "ports[0].protocol UDP: use TCP"],
    ["postStart", { lifecycle: { postStart: { sleep: {} } } }, {}, "lifecycle.postStart: do its work"],
    [
      "resource references",
      { env: [{ name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } }] },
      {},
      "env[CPU].valueFrom.resourceFieldRef: set the value itself",
    ],
    [
      "unknown fields",
      { env: [{ name: "X", valueFrom: { fieldRef: { fieldPath: "spec.x" } } }] },
      {},
      "use metadata.name",
    ],
    ["another working directory", { workingDir: "/x" }, {}, "set workingDir in the image's catalogue entry"],
  ])("refuses %s, with path and cure", (_what, container, spec, words) => {
    const refusal = refusePod(pod(container, spec), ENTRY);
    expect(refusal?.reason).toBe("FieldNotSupported");
    expect(refusal?.message).toContain(words);
  });

  it("refuses a second container and names every problem at once", () => {
    const two = pod(
      { stdin: true },
      {
        containers: [
          { name: "a", image: "a", stdin: true },
          { name: "sidecar", image: "b" },
        ],
      },
    );
    expect(refusePod(two, ENTRY)?.message).toMatch(/spec\.containers\[1\] \(sidecar\).*; spec\.containers\[0\]\.stdin/);
  });

  it("executes nothing that a manifest names, unless the catalogue allows it", () => {
    const command = pod({ command: ["rm", "-rf", "/"] });
    expect(refusePod(command, ENTRY)?.reason).toBe("CommandNotAllowed");
    expect(refusePod(command, ENTRY)?.message).toContain(
      "add to the entry of shop in the catalogue file: allow: [command]",
    );
    expect(refusePod(command, { ...ENTRY, allow: ["command"] })).toBeUndefined();
    const exec = pod({
      livenessProbe: { exec: { command: ["true"] } },
      lifecycle: { preStop: { exec: { command: ["x"] } } },
    });
    expect(refusePod(exec, { ...ENTRY, allow: ["command"] })).toMatchObject({ reason: "ExecNotAllowed" });
    expect(refusePod(exec, { ...ENTRY, builtIn: true })?.message).toContain("an entry of your own");
    expect(refusePod(exec, { ...ENTRY, allow: ["exec"] })).toBeUndefined();
  });
});
