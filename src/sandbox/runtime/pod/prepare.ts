// Everything that must be true before a container can start; each thing that is not gives a waiting reason.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { CONFIG_MAPS, SECRETS } from "../../../core/kubernetes/resource.ts";
import type { Container, Pod } from "../../../core/kubernetes/workload.ts";
import { type Cluster, isClusterError } from "../../../ports/cluster.ts";
import { type CatalogueEntry, findEntry, unknownImageMessage } from "../catalogue/entry.ts";
import type { Catalogue } from "../catalogue/load.ts";
import { HOST_IP } from "../node.ts";
import type { PodAddress } from "../process/addresses.ts";
import type { ProcessSpec } from "../process/shim.ts";
import { refusePod } from "./admission.ts";
import { buildEnvironment, referencedSources, type Sources } from "./environment.ts";
import { planLaunch } from "./launch.ts";

export type Prepared =
  | { ok: true; entry: CatalogueEntry; spec: ProcessSpec }
  | { ok: false; reason: string; message: string; retry: "image" | "soon" | "never" };

export interface PrepareInput {
  pod: Pod;
  catalogue: Catalogue;
  catalogueFile: string;
  cluster: Cluster;
  address: PodAddress;
}

/** Whether the pod could start at all, before it takes an address. */
export function admit(pod: Pod, catalogue: Catalogue, file: string): { entry: CatalogueEntry } | Prepared {
  const { image } = pod.spec.containers[0]!;
  const entry = findEntry(catalogue.entries, image);
  if (entry === undefined) {
    const broken = catalogue.problem === undefined ? "" : `\nThe catalogue file cannot be used: ${catalogue.problem}`;
    const message = unknownImageMessage(catalogue.entries, image, file) + broken;
    return { ok: false, reason: "ErrImagePull", message, retry: "image" };
  }
  const refusal = refusePod(pod, entry);
  return refusal === undefined ? { entry } : { ok: false, ...refusal, retry: "never" };
}

export async function prepare({ pod, catalogue, catalogueFile, cluster, address }: PrepareInput): Promise<Prepared> {
  const admitted = admit(pod, catalogue, catalogueFile);
  if (!("entry" in admitted)) return admitted;
  const { entry } = admitted;
  const container = pod.spec.containers[0]!;
  const environment = buildEnvironment({
    pod,
    container,
    sources: await readSources(cluster, pod, container),
    imageEnv: entry.imageEnv ?? {},
    podIP: address.podIP,
    hostIP: HOST_IP,
  });
  if (!environment.ok) return configError(environment.message);
  const launch = planLaunch(pod, entry, address, environment.variables);
  return launch.ok ? { ok: true, entry, spec: launch.spec } : configError(launch.message);
}

function configError(message: string): Prepared {
  return { ok: false, reason: "CreateContainerConfigError", message, retry: "soon" };
}

async function readSources(cluster: Cluster, pod: Pod, container: Container): Promise<Sources> {
  const sources: Sources = new Map();
  for (const { kind, name } of referencedSources(container)) {
    const data = await readData(cluster, kind, { namespace: pod.metadata.namespace, name });
    if (data !== undefined) sources.set(`${kind}/${name}`, data);
  }
  return sources;
}

async function readData(
  cluster: Cluster,
  kind: "ConfigMap" | "Secret",
  key: { namespace?: string; name: string },
): Promise<Record<string, string> | undefined> {
  try {
    const object = await cluster.get<KubeObject & { data?: Record<string, string> }>(
      kind === "Secret" ? SECRETS : CONFIG_MAPS,
      key,
    );
    const entries = Object.entries(object.data ?? {});
    if (kind === "ConfigMap") return Object.fromEntries(entries);
    return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")]));
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}
