// The Kubernetes adapter's door: from flags and environment to a cluster that can be asked.

import type { Resource } from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { PodLogs } from "../../ports/pod-logs.ts";
import { agents } from "./agents.ts";
import { type ChosenConfig, type ConfigChoice, chooseConfig } from "./choose-config.ts";
import { credentialsOf } from "./credentials.ts";
import { discover } from "./discover.ts";
import { type Impersonation, impersonationHeaders } from "./impersonation.ts";
import { ConfigurationError } from "./kubeconfig-file.ts";
import { restPodLogs } from "./pod-logs.ts";
import { type RateLimitOptions, rateLimit } from "./rate-limit.ts";
import { type RequestCount, requestTable } from "./request-table.ts";
import { restCluster } from "./rest-cluster.ts";
import { type Transport, transport, urgent } from "./transport.ts";
import type { Origin } from "./unreachable.ts";

export interface ConnectOptions extends ConfigChoice, Impersonation {
  requestTimeoutMs?: number;
  /** Our own limit. */
  rate?: RateLimitOptions;
  clock: Clock;
}

export interface Connected {
  cluster: Cluster;
  /** The same cluster for what must not wait for our own rate limit: writing routes. */
  urgent: Cluster;
  namespace: string;
  podLogs: PodLogs;
  /** By discovery; undefined when the server does not know the kind. */
  resourceOf(apiVersion: string, kind: string): Promise<Resource | undefined>;
  serverVersion(): Promise<{ gitVersion: string; platform?: string }>;
  /** What was asked so far. */
  requests(): RequestCount[];
  origin: Origin;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** What controllers usually ask of client-go. */
const RATE: RateLimitOptions = { perSecond: 50, burst: 100 };

/** Reads the configuration; no request is sent yet. Throws ConfigurationError, or ClusterError `Unreachable` when there is none. */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const { env, clock } = options;
  const config = await chooseConfig(options);
  const { source, server, context } = config;
  const origin: Origin = { source, server, ...(context === undefined ? {} : { context }) };
  const credentials = credentialsOf(config, clock);
  const requests = requestTable();
  const proxyUrl = config.cluster["proxy-url"];
  const wire = transport({
    origin,
    credentials,
    agent: agents({ server: serverUrl(config), credentials, env, ...(proxyUrl === undefined ? {} : { proxyUrl }) }),
    extraHeaders: impersonationHeaders(options, config.user),
    requestTimeoutMs: options.requestTimeoutMs || REQUEST_TIMEOUT_MS,
    limit: rateLimit(options.rate ?? RATE, clock),
    requests,
    clock,
  });
  return {
    cluster: restCluster(wire),
    urgent: restCluster(urgent(wire)),
    namespace: config.namespace,
    podLogs: restPodLogs(wire, clock),
    resourceOf: (apiVersion, kind) => discover(wire, apiVersion, kind),
    serverVersion: () => serverVersion(wire),
    requests: () => requests.read(),
    origin,
  };
}

async function serverVersion(wire: Transport): Promise<{ gitVersion: string; platform?: string }> {
  const about = { verb: "get", resource: "" };
  return JSON.parse(await wire.text({ method: "GET", path: "/version", about })) as { gitVersion: string };
}

function serverUrl({ server, source }: ChosenConfig): URL {
  const url = URL.parse(server);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new ConfigurationError(`the server ${JSON.stringify(server)} in ${source} must be https://HOST:PORT`);
  return url;
}
