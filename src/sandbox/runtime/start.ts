// The sandbox runtime: what controller-manager, scheduler and kubelet are to a cluster, with local processes as pods.
//
//   Deployment ─> ReplicaSet ─> Pod ─> process ─> probes ─> Pod status ─> EndpointSlice
//
// Each arrow is a controller of its own that reads its copy of the cluster and writes through the port.

import { join } from "node:path";
import { PODS } from "../../core/kubernetes/resource.ts";
import { SANDBOX_DIAL_ANNOTATION } from "../../core/kubernetes/workload.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import type { PodLogs } from "../../ports/pod-logs.ts";
import type { PodPorts } from "../../ports/pod-ports.ts";
import { loadCatalogue } from "./catalogue/load.ts";
import { deploymentController } from "./deployment/controller.ts";
import { endpointsController } from "./endpoints/controller.ts";
import { eventRecorder } from "./events.ts";
import { logStore } from "./logs.ts";
import { registerNode } from "./node.ts";
import type { BackOffNumbers } from "./pod/back-off.ts";
import type { PodContext } from "./pod/context.ts";
import { managePods } from "./pod/manager.ts";
import { Addresses, type AddressMode, findAddressMode } from "./process/addresses.ts";
import { replicaSetController } from "./replica-set/controller.ts";
import { openWatches, startWatches } from "./watches.ts";

export interface RuntimeOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  /** Logs of pods go below `<homeDir>/pods`. */
  homeDir: string;
  /** The user's images; need not exist yet. */
  catalogueFile?: string;
  /** Forces how pods get their addresses; found by trying when absent. */
  addressMode?: AddressMode;
  /** Other numbers than Kubernetes', for tests. */
  backOff?: BackOffNumbers;
}

export interface Runtime {
  podLogs: PodLogs;
  podPorts: PodPorts;
  /** Ends all pods' processes and waits for them. The objects stay, and their containers start again next time. */
  stop(): Promise<void>;
}

const DEFAULT_CATALOGUE = "serin-sandbox.yaml";
/** For a Service to stop offering a pod that ends; the end goes on without when it takes longer. */
const WITHDRAW_TIMEOUT_MS = 1_000;

/** Resolves when the pods of an earlier run are no longer called ready. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { cluster, clock, log, homeDir } = options;
  const aborter = new AbortController();
  const watches = openWatches(options);
  const events = eventRecorder(options);
  const logs = logStore(homeDir, clock);
  const context = { cluster, watches, events, clock, log };
  const [mode] = await Promise.all([
    options.addressMode ?? findAddressMode(),
    startWatches(watches, aborter.signal),
    registerNode(cluster, clock),
  ]);
  const endpoints = endpointsController(context);
  void logs.sweep(watches.pods.list());
  const pods = managePods(watches, podContext());
  await pods.reported();
  const queues = [endpoints.queue, replicaSetController(context), deploymentController(context)];
  await firstPass();

  return {
    podLogs: logs.podLogs,
    podPorts: pods.podPorts,
    async stop() {
      await pods.stop();
      await endpoints.queue.idle();
      for (const queue of queues) queue.stop();
      await events.flush();
      aborter.abort();
    },
  };

  function podContext(): PodContext {
    const catalogueFile = options.catalogueFile ?? join(process.cwd(), DEFAULT_CATALOGUE);
    return {
      ...context,
      addresses: new Addresses(mode, homeDir),
      catalogue: () => loadCatalogue(catalogueFile),
      catalogueFile,
      ...(options.backOff && { backOff: options.backOff }),
      openLog: logs.open,
      removeLogs: logs.remove,
      withdrawn: (pod) => endpoints.withdrawn(pod, WITHDRAW_TIMEOUT_MS),
      async announceDial({ metadata: { namespace, name, annotations } }, dial) {
        const text = dial === undefined ? undefined : JSON.stringify(dial);
        if (annotations?.[SANDBOX_DIAL_ANNOTATION] === text) return;
        const body = { metadata: { annotations: { [SANDBOX_DIAL_ANNOTATION]: text ?? null } } };
        await cluster.patch(PODS, { namespace, name }, { type: "merge", body });
      },
    };
  }

  /** What existed before is looked at once, slices first: nobody shall be sent to a pod that is gone. */
  async function firstPass(): Promise<void> {
    for (const service of watches.services.list())
      endpoints.queue.add(`${service.metadata.namespace}/${service.metadata.name}`);
    await endpoints.queue.idle();
    const [, replicaSets, deployments] = queues;
    for (const { metadata } of watches.deployments.list()) deployments!.add(`${metadata.namespace}/${metadata.name}`);
    for (const { metadata } of watches.replicaSets.list()) replicaSets!.add(`${metadata.namespace}/${metadata.name}`);
  }
}
