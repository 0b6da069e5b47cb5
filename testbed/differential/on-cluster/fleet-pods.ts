// The fleet on a cluster: one pod that answers for all endpoints, and a pod for each endpoint with its labels, which passes
// connections on to that one. The programs are the suite's own files, brought by a ConfigMap into a stock Node image.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS, PODS } from "../../../src/core/kubernetes/resource.ts";
import type { Pod } from "../../../src/core/kubernetes/workload.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { ENDPOINTS, type TestEndpoint } from "../endpoints.ts";
import { CONTROL_PORT, fleetPortOf, POD_PORTS } from "../fleet-ports.ts";
import { HOME } from "./own-names.ts";

export const FLEET_POD = "fleet";
const FLEET_PROGRAM = "fleet-in-pod.ts";
const RELAY_PROGRAM = "fleet-relay.ts";

/** Resolves when all are ready. Throws what keeps a pod from it. */
export async function startFleetPods(cluster: Cluster, image: string): Promise<void> {
  const data = { ...programFiles(FLEET_PROGRAM), ...programFiles(RELAY_PROGRAM), "package.json": '{"type":"module"}' };
  await cluster.create(CONFIG_MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: PROGRAMS, namespace: HOME },
    data,
  });
  await cluster.create(PODS, pod({ name: FLEET_POD, labels: {}, image, args: [FLEET_PROGRAM], probed: CONTROL_PORT }));
  const address = (await whenReady(cluster, FLEET_POD)).status!.podIP!;
  for (const endpoint of ENDPOINTS) await cluster.create(PODS, endpointPod(endpoint, address, image));
  for (const { name } of ENDPOINTS) await whenReady(cluster, name);
}

const PROGRAMS = "fleet-programs";

/** A program's file with all that it imports, by name. They lie in one folder and need nothing but Node. */
export function programFiles(entry: string, folder: string = join(import.meta.dirname, "..")): Record<string, string> {
  const files: Record<string, string> = {};
  const add = (name: string) => {
    if (name in files) return;
    const text = readFileSync(join(folder, name), "utf8");
    files[name] = text;
    // Node takes types off; an import of nothing but types is one of them.
    for (const [, from] of text.matchAll(/^import (?!type )[^;]*? from "([^"]+)";$/gm)) {
      if (from!.startsWith("node:")) continue;
      if (!/^\.\/[^/]+$/.test(from!))
        throw new Error(`${name} runs in a pod, where ${from} is not: import only types of it, or nothing`);
      add(from!.slice("./".length));
    }
  };
  add(entry);
  return files;
}

function endpointPod(endpoint: TestEndpoint, fleetAddress: string, image: string): KubeObject {
  const pairs = (["main", "second"] as const).map((which) => `${POD_PORTS[which]}:${fleetPortOf(endpoint, which)}`);
  const { name, labels, listens, deaf } = endpoint;
  const served = listens ? pairs : deaf === true ? [`${POD_PORTS.main}:deaf`] : [];
  const args = [RELAY_PROGRAM, fleetAddress, ...served];
  return pod({ name, labels, image, args, ...(listens ? { probed: POD_PORTS.main } : {}) });
}

interface PodOptions {
  name: string;
  labels: Readonly<Record<string, string>>;
  image: string;
  args: readonly string[];
  /** Ready when this port accepts connections. */
  probed?: number;
}

/** As the Pod Security Standard "restricted" wants it. */
function pod({ name, labels, image, args, probed }: PodOptions): KubeObject {
  const probe = probed === undefined ? {} : { readinessProbe: { tcpSocket: { port: probed }, periodSeconds: 1 } };
  const [program, ...rest] = args;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: HOME, labels: { ...labels, "sidecar.istio.io/inject": "false" } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "node",
          image,
          command: ["node", `/programs/${program}`, ...rest],
          imagePullPolicy: "IfNotPresent",
          resources: { requests: { cpu: "10m", memory: "64Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "programs", mountPath: "/programs", readOnly: true }],
          ...probe,
        },
      ],
      volumes: [{ name: "programs", configMap: { name: PROGRAMS } }],
    },
  };
}

/** An image may have to be pulled. */
const READY_WITHIN_MS = 120_000;

async function whenReady(cluster: Cluster, name: string): Promise<Pod> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const found = await cluster.get<Pod>(PODS, { namespace: HOME, name });
    if (found.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true)
      return found;
    const trouble = troubleOf(found);
    if (trouble !== undefined || performance.now() > deadline)
      throw new Error(`pod ${HOME}/${name} does not become ready: ${trouble ?? `it is ${found.status?.phase}`}`);
    await sleep(200);
  }
}

/** Reasons that do not pass by themselves within a test's time. */
const FATAL = [
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "CrashLoopBackOff",
];

function troubleOf({ status, spec }: Pod): string | undefined {
  if (status?.phase === "Failed") return `${status.reason ?? "it failed"} ${status.message ?? ""}`;
  const { state } = status?.containerStatuses?.[0] ?? {};
  const { reason = "", message = "" } = state?.waiting ?? {};
  if (!FATAL.includes(reason)) return undefined;
  const cure = reason.includes("Image") ? `; --node-image names another image than ${spec.containers[0]!.image}` : "";
  return `${reason}: ${message}${cure}`;
}
