// How a DestinationRule's traffic policy spreads requests over endpoints, and what it holds back. A subset's policy replaces the
// rule's field by field; a port's settings replace all four of their kind, those that they leave out included.

import type { ClientTls, ConsistentHash, LoadBalancer, PortPolicy, TrafficPolicy } from "../objects.ts";
import type { Balance, Cluster, HashPolicy, UpstreamProtocol, WarmUp } from "../routing/table.ts";
import { compileConnectionPool, compileRetryBudget } from "./compile-connection-pool.ts";
import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";
import { compileOutlier } from "./compile-outlier.ts";

export type ClusterPolicy = Pick<
  Cluster,
  "balance" | "warmUp" | "hash" | "outlier" | "limits" | "retryCeiling" | "transport"
> & { wantedProtocol: UpstreamProtocol | undefined; clientTls: ClientTls | undefined };

/** Problems are reported by `checkPolicy`; here the rest is made the best of. */
export function compilePolicy(
  rule: TrafficPolicy | undefined,
  subset: TrafficPolicy | undefined,
  port: number,
): ClusterPolicy {
  const { loadBalancer = {}, outlierDetection, connectionPool, retryBudget, tls } = merged(rule, subset, port);
  const { simple, consistentHash } = loadBalancer;
  const balance = balanceOf(simple);
  const pool = connectionPool === undefined ? UNLIMITED : compileConnectionPool(connectionPool, "", ignore);
  return {
    balance,
    warmUp: balance === "random" || consistentHash !== undefined ? undefined : compileWarmUp(loadBalancer, "", ignore),
    hash: consistentHash && compileHash(consistentHash, "", ignore),
    outlier: outlierDetection && compileOutlier(outlierDetection, "", ignore),
    ...pool,
    retryCeiling: retryBudget === undefined ? pool.retryCeiling : compileRetryBudget(retryBudget, "", ignore),
    clientTls: tls,
  };
}

/** As istiod's MergeSubsetTrafficPolicy. */
function merged(rule: TrafficPolicy | undefined, subset: TrafficPolicy | undefined, port: number): TrafficPolicy {
  return { ...forPort(rule, port), ...forPort(subset, port) };
}

function forPort(policy: TrafficPolicy | undefined, port: number): TrafficPolicy | undefined {
  const own = policy?.portLevelSettings?.find((each) => each.port?.number === port);
  if (own === undefined) return policy;
  const { loadBalancer, outlierDetection, connectionPool, tls } = own;
  return { loadBalancer, outlierDetection, connectionPool, tls };
}

/** Everything that is wrong with a policy beside fields that are not honoured. */
export function checkPolicy(policy: TrafficPolicy | undefined, field: string, complain: Complain): void {
  if (policy === undefined) return;
  checkPortPolicy(policy, field, complain);
  if (policy.retryBudget !== undefined) compileRetryBudget(policy.retryBudget, `${field}.retryBudget`, complain);
  policy.portLevelSettings?.forEach((each, i) => {
    const own = `${field}.portLevelSettings[${i}]`;
    if (each.port?.number === undefined) complain(`${own}.port`, `${own}.port.number is missing`);
    checkPortPolicy(each, own, complain);
  });
}

function checkPortPolicy(policy: PortPolicy, field: string, complain: Complain): void {
  const { loadBalancer, outlierDetection, connectionPool } = policy;
  if (loadBalancer !== undefined) checkLoadBalancer(loadBalancer, `${field}.loadBalancer`, complain);
  if (outlierDetection !== undefined) compileOutlier(outlierDetection, `${field}.outlierDetection`, complain);
  if (connectionPool !== undefined) compileConnectionPool(connectionPool, `${field}.connectionPool`, complain);
}

function checkLoadBalancer(loadBalancer: LoadBalancer, field: string, complain: Complain): void {
  const { simple, consistentHash, warmup, warmupDurationSecs } = loadBalancer;
  if (consistentHash !== undefined) compileHash(consistentHash, `${field}.consistentHash`, complain);
  compileWarmUp(loadBalancer, field, complain);
  const written = warmup !== undefined ? "warmup" : warmupDurationSecs !== undefined ? "warmupDurationSecs" : undefined;
  if (written !== undefined && (simple === "RANDOM" || consistentHash !== undefined))
    complain(
      `${field}.${written}`,
      `${field}.${written} has no effect with ${consistentHash === undefined ? "RANDOM" : "consistentHash"}; use ROUND_ROBIN or LEAST_REQUEST`,
    );
}

const ignore = (): void => {};

const UNLIMITED = { limits: undefined, retryCeiling: undefined, transport: undefined, wantedProtocol: undefined };

/** Envoy's defaults: linear, from a tenth. */
function compileWarmUp(
  { warmup, warmupDurationSecs }: LoadBalancer,
  field: string,
  complain: Complain,
): WarmUp | undefined {
  const [path, text] = warmup
    ? [`${field}.warmup.duration`, warmup.duration]
    : [`${field}.warmupDurationSecs`, warmupDurationSecs];
  if (warmup !== undefined && text === undefined) complain(path, `${path} is missing`);
  const windowMs = compileDuration(text, path, complain);
  if (windowMs === undefined) return undefined;
  const { minimumPercent = 10, aggression = 1 } = warmup ?? {};
  if (windowMs >= 0 && windowMs < 1) complain(path, `${path} must be at least a millisecond`);
  if (!(minimumPercent >= 0 && minimumPercent <= 100))
    complain(
      `${field}.warmup.minimumPercent`,
      `${field}.warmup.minimumPercent: ${minimumPercent} is not between 0 and 100`,
    );
  if (!(aggression > 0))
    complain(`${field}.warmup.aggression`, `${field}.warmup.aggression: ${aggression} is not above zero`);
  if (!(windowMs >= 1 && aggression > 0)) return undefined;
  return { windowMs, minimumShare: minimumPercent / 100, aggression };
}

function balanceOf(simple: string | undefined): Balance {
  if (simple === "ROUND_ROBIN") return "round_robin";
  return simple === "RANDOM" ? "random" : "least_request";
}

/** Of the table's size only its being valid matters: see hash.ts. */
function compileHash(written: ConsistentHash, field: string, complain: Complain): HashPolicy | undefined {
  const { httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName } = written;
  const keys = [httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName].filter((each) => each !== undefined);
  if (keys.length !== 1)
    complain(field, `${field} needs exactly one of httpHeaderName, httpCookie, useSourceIp and httpQueryParameterName`);
  if (httpHeaderName) return { by: "header", name: httpHeaderName.toLowerCase() };
  if (httpQueryParameterName) return { by: "queryParam", name: httpQueryParameterName };
  if (httpCookie === undefined) return useSourceIp === true ? { by: "sourceIp" } : undefined;
  const { name = "", path = "", ttl, attributes = [] } = httpCookie;
  if (name === "") complain(`${field}.httpCookie.name`, `${field}.httpCookie.name is missing`);
  const ttlMs = compileDuration(ttl, `${field}.httpCookie.ttl`, complain);
  return {
    by: "cookie",
    name,
    path,
    ttlSeconds: ttlMs === undefined ? undefined : Math.floor(ttlMs / 1_000),
    attributes: attributes.map(({ name = "", value = "" }) => ({ name, value })),
  };
}
