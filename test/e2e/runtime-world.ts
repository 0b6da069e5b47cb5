// A sandbox API and runtime in this process, for tests of the runtime with real processes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  EVENTS,
  GATEWAYS,
  PODS,
  type Resource,
  SECRETS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import type { Deployment, EndpointSlice, Pod } from "../../src/core/kubernetes/workload.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { openSandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { type Runtime, type RuntimeOptions, startRuntime } from "../../src/sandbox/runtime/start.ts";

const RESOURCES = [
  CONFIG_MAPS,
  DEPLOYMENTS,
  DESTINATION_RULES,
  GATEWAYS,
  PODS,
  SECRETS,
  SERVICES,
  VIRTUAL_SERVICES,
] satisfies Resource[];

export const ROOT = join(import.meta.dirname, "..", "..");
const ECHO_CANARY = join(ROOT, "examples", "echo", "echo-canary.yaml");

export interface World {
  cluster: Cluster;
  runtime: Runtime;
  home: string;
  catalogueFile: string;
  apply(yaml: string): Promise<void>;
  pods(app?: string): Promise<Pod[]>;
  readyAddresses(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openWorld(options: Partial<RuntimeOptions> = {}): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), "serin-runtime-"));
  const clock = systemClock();
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log });
  const catalogueFile = join(home, "serin-sandbox.yaml");
  const { cluster } = sandbox;
  const runtime = await startRuntime({ cluster, clock, log, homeDir: home, catalogueFile, ...options });
  return {
    cluster,
    runtime,
    home,
    catalogueFile,
    apply: (yaml) => applyAll(cluster, yaml),
    pods: async (app) => {
      const { items } = await cluster.list<Pod>(PODS, app === undefined ? {} : { labelSelector: `app=${app}` });
      return items;
    },
    readyAddresses: async () => {
      const { items } = await cluster.list<EndpointSlice>(ENDPOINT_SLICES);
      return items.flatMap(({ endpoints }) =>
        endpoints.flatMap(({ addresses, conditions }) => (conditions?.ready ? addresses : [])),
      );
    },
    async close() {
      await runtime.stop();
      await sandbox.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export async function applyAll(cluster: Cluster, yaml: string): Promise<void> {
  for (const document of parseAllDocuments(yaml)) {
    const object = document.toJS() as KubeObject | null;
    if (object === null) continue;
    object.metadata.namespace ??= "default";
    const resource = RESOURCES.find(({ kind }) => kind === object.kind)!;
    await cluster.apply(resource, object, { fieldManager: "test", force: true });
  }
}

export const echoCanary = () => readFileSync(ECHO_CANARY, "utf8");

export interface AppOptions {
  replicas?: number;
  image?: string;
  port?: number;
  /** Lines of the container, in YAML flow style: `args: [a]`. */
  container?: string[];
  spec?: string[];
  pod?: string[];
}

/** A Deployment `app`, in YAML. */
export function app(
  name: string,
  { replicas = 1, image = "hashicorp/http-echo:1.0", port = 8080, container, spec = [], pod = [] }: AppOptions = {},
): string {
  const lines = container ?? [`args: ["-listen=:8080", "-text=${name}"]`, READY];
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
${spec.map((line) => `  ${line}\n`).join("")}  template:
    metadata: {labels: {app: ${name}}}
    spec:
${pod.map((line) => `      ${line}\n`).join("")}      containers:
        - name: main
          image: ${image}
          ports: [{containerPort: ${port}}]
${lines.map((line) => `          ${line}\n`).join("")}`;
}

export const READY = "readinessProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 1}";

export function service(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {selector: {app: ${name}}, ports: [{port: 80, targetPort: 8080}]}\n`;
}

/** A program of the user's: Node source, and its entry in the catalogue file. */
export function addProgram(world: World, image: string, source: string, lines: string[] = []): void {
  const file = join(world.home, `${image}.mjs`);
  writeFileSync(file, source);
  writeFileSync(
    world.catalogueFile,
    `images:\n  - image: ${image}\n    command: [${process.execPath}, ${file}, $(POD_IP), $(PORT)]\n${lines.map((line) => `    ${line}\n`).join("")}`,
  );
}

export const isReady = (pod: Pod) =>
  pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
export const stateOf = (pod: Pod | undefined) => pod?.status?.containerStatuses?.[0]?.state;
export const waitingReason = (pod: Pod | undefined) => stateOf(pod)?.waiting?.reason;

export async function until<T>(
  what: string,
  find: () => Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  for (const startedMs = Date.now(); ; await sleep(10)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() - startedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
  }
}

export function untilReady(world: World, name: string, count: number, timeoutMs?: number): Promise<Pod[]> {
  return until(
    `${count} ready pods of ${name}`,
    async () => {
      const pods = (await world.pods(name)).filter(
        (pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined,
      );
      return pods.length === count && pods;
    },
    timeoutMs,
  );
}

export async function eventsOf(world: World, name: string): Promise<string[]> {
  const { items } = await world.cluster.list<KubeObject & { involvedObject: { name: string }; reason: string }>(EVENTS);
  return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason }) => reason);
}

export async function deployment(world: World, name: string): Promise<Deployment> {
  return await world.cluster.get<Deployment>(DEPLOYMENTS, { namespace: "default", name });
}

export function getText(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.once("error", reject);
  });
}
