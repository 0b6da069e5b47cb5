// The real side: istiod and Envoy on loopback over a real API server, without kubelet and pods. The backends are WorkloadEntries, the
// gateway is one Envoy that istiod takes for the ingress gateway. Binaries come from one folder: pilot-discovery and envoy.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  NAMESPACES,
  type Resource,
  SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../src/ports/cluster.ts";
import { istioDefinitions } from "../../src/sandbox/cluster/schema/builtin.ts";
import { ENDPOINTS, service } from "./endpoints.ts";
import { freePorts } from "./free-ports.ts";
import { envoyBootstrap, ISTIOD_ENVIRONMENT, istiodArguments, MESH_CONFIG, type MeshPorts } from "./mesh-config.ts";
import { createAll, Probe, suiteGateway } from "./objects.ts";
import { GATEWAY_PORTS, type RoutingWorld } from "./world.ts";

export interface SmallMeshOptions {
  /** Folder of the binaries. */
  bin: string;
  /** A client of the API server, and the kubeconfig that istiod gets. */
  cluster: Cluster;
  kubeconfig: object;
}

const WORKLOAD_ENTRIES: Resource = {
  group: "networking.istio.io",
  version: "v1",
  kind: "WorkloadEntry",
  plural: "workloadentries",
  namespaced: true,
};
const SYSTEM = "istio-system";

/** Throws when the folder lacks a program, saying which. */
export function meshPrograms(bin: string | undefined): { istiod: string; envoy: string } {
  if (!bin)
    throw new Error(
      "SERIN_MESH_BIN is not set: name a folder with etcd, kube-apiserver, pilot-discovery and envoy (Linux builds; Istio 1.31, Envoy 1.40)",
    );
  // A Python wheel of Envoy keeps the program three folders down.
  const envoy = [join(bin, "envoy"), join(bin, "..", "envoy", "envoy", "_bin", "envoy")].find((path) =>
    existsSync(path),
  );
  const istiod = join(bin, "pilot-discovery");
  for (const name of ["etcd", "kube-apiserver", "pilot-discovery"])
    if (!existsSync(join(bin, name))) throw new Error(`SERIN_MESH_BIN is ${bin}, but there is no ${name} in it`);
  if (envoy === undefined) throw new Error(`SERIN_MESH_BIN is ${bin}, but there is no envoy in it`);
  return { istiod, envoy };
}

export async function startSmallMesh({ bin, cluster, kubeconfig }: SmallMeshOptions): Promise<RoutingWorld> {
  const programs = meshPrograms(bin);
  const home = mkdtempSync(join(tmpdir(), "small-mesh-"));
  const ports = await choosePorts();
  writeFileSync(join(home, "kubeconfig"), JSON.stringify(kubeconfig), { mode: 0o600 });
  writeFileSync(join(home, "mesh.yaml"), JSON.stringify(MESH_CONFIG));
  writeFileSync(join(home, "envoy.json"), JSON.stringify(envoyBootstrap(ports)));
  await installBase(cluster, ports);
  const istiod = start(home, "istiod", programs.istiod, istiodArguments(home, ports), ISTIOD_ENVIRONMENT);
  const children = [istiod];
  const close = async () => {
    await Promise.all(children.map(end));
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await until(() => answers(`http://127.0.0.1:${ports.http}/ready`), istiod, home, "istiod");
    const envoy = start(home, "envoy", programs.envoy, [
      "-c",
      join(home, "envoy.json"),
      "--disable-hot-restart",
      "--concurrency",
      "1",
      "-l",
      "warning",
    ]);
    children.push(envoy);
    const addressOf = (gatewayPort: number) => ({ host: "127.0.0.1", port: ports.gateway[gatewayPort]! });
    const probe = new Probe(cluster, addressOf(GATEWAY_PORTS[0]));
    await until(() => probe.isInEffect(), envoy, home, "envoy");
    return {
      name: "istiod and Envoy",
      addressOf,
      close,
      apply: (objects) => createAll(cluster, objects),
      inEffect: () => probe.inEffect(),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function choosePorts(): Promise<MeshPorts> {
  const [grpc, http, https, monitoring, admin, ...gateway] = await freePorts(5 + GATEWAY_PORTS.length);
  return {
    grpc: grpc!,
    http: http!,
    https: https!,
    monitoring: monitoring!,
    admin: admin!,
    gateway: Object.fromEntries(GATEWAY_PORTS.map((port, i) => [port, gateway[i]!])),
  };
}

/** Definitions, the gateway as a workload that its Service selects (so its ports are translated), and the backends. */
async function installBase(cluster: Cluster, ports: MeshPorts): Promise<void> {
  for (const definition of istioDefinitions())
    await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition as KubeObject);
  for (const name of [SYSTEM, "other"])
    await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const labels = { app: "istio-ingressgateway", istio: "ingressgateway" };
  const ingress = service(
    "istio-ingressgateway",
    labels,
    GATEWAY_PORTS.map((port) => ({ name: `http-${port}`, port, targetPort: ports.gateway[port]! })),
  );
  await cluster.create(SERVICES, { ...ingress, metadata: { ...ingress.metadata, namespace: SYSTEM } });
  const entries = [
    workloadEntry("gateway", SYSTEM, { address: "127.0.0.1", labels }),
    ...ENDPOINTS.map(({ name, address, labels }) => workloadEntry(name, "default", { address, labels })),
  ];
  for (const entry of entries) await whenServed(() => cluster.create(WORKLOAD_ENTRIES, entry));
  await createAll(cluster, [suiteGateway()]);
}

function workloadEntry(name: string, namespace: string, spec: object): KubeObject {
  return { apiVersion: "networking.istio.io/v1", kind: "WorkloadEntry", metadata: { name, namespace }, spec };
}

/** A definition is served a moment after it is created. */
async function whenServed(create: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left--)
    try {
      await create();
      return;
    } catch (error) {
      if (left === 0 || !isClusterError(error, "NotFound")) throw error;
      await sleep(100);
    }
}

function start(
  home: string,
  name: string,
  program: string,
  args: string[],
  env: Record<string, string> = {},
): ChildProcess {
  const log = openSync(join(home, `${name}.log`), "a");
  return spawn(program, args, { cwd: home, env: { ...process.env, ...env }, stdio: ["ignore", log, log] });
}

async function until(ready: () => Promise<boolean>, child: ChildProcess, home: string, name: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await ready())) {
    if (child.exitCode === null && performance.now() < deadline) await sleep(50);
    else
      throw new Error(
        `${name} ${child.exitCode === null ? "is not ready after 60 s" : `ended with ${child.exitCode}`}:\n${readFileSync(join(home, `${name}.log`), "utf8").slice(-2_000)}`,
      );
  }
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const hard = setTimeout(() => child.kill("SIGKILL"), 5_000);
    child.once("exit", () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
