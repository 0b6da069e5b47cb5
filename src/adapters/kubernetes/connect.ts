// The Kubernetes adapter's door: from flags and environment to a cluster that can be asked.

import type { Resource } from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { PodLogs } from "../../ports/pod-logs.ts";
import { chooseConfig } from "./choose-config.ts";
import { credentialsOf } from "./credentials.ts";
import { discover } from "./discover.ts";
import { restPodLogs } from "./pod-logs.ts";
import { restCluster } from "./rest-cluster.ts";
import { transport } from "./transport.ts";
import type { Origin } from "./unreachable.ts";

export interface ConnectOptions {
  kubeconfig?: string;
  /** Tried after KUBECONFIG and before ~/.kube/config. */
  sandboxKubeconfig?: string;
  context?: string;
  /** Overrides of the context's cluster and user, by name. */
  cluster?: string;
  user?: string;
  /** Impersonation: the name to act as. */
  as?: string;
  requestTimeoutMs?: number;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

export interface Connected {
  cluster: Cluster;
  namespace: string;
  podLogs: PodLogs;
  /** By discovery; undefined when the server does not know the kind. */
  resourceOf(apiVersion: string, kind: string): Promise<Resource | undefined>;
  serverVersion(): Promise<{ gitVersion: string; platform?: string }>;
  origin: Origin;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Reads the configuration; no request is sent yet. Throws ConfigurationError, or ClusterError `Unreachable` when there is none. */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const config = await chooseConfig(options);
  const { source, server, context } = config;
  const origin: Origin = { source, server, ...(context === undefined ? {} : { context }) };
  const wire = transport({
    origin,
    credentials: credentialsOf(config, options.clock),
    requestTimeoutMs: options.requestTimeoutMs || REQUEST_TIMEOUT_MS,
    ...(options.as === undefined ? {} : { as: options.as }),
  });
  return {
    cluster: restCluster(wire),
    namespace: config.namespace,
    podLogs: restPodLogs(wire, options.clock),
    resourceOf: (apiVersion, kind) => discover(wire, apiVersion, kind),
    serverVersion: async () =>
      JSON.parse(await wire.text({ method: "GET", path: "/version" })) as { gitVersion: string; platform?: string },
    origin,
  };
}
