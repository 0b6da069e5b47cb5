// How a DestinationRule's traffic policy spreads requests over endpoints. A subset's policy replaces the rule's field by field.

import { compileConnectionPool } from "./compile-connection-pool.ts";
import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";
import { compileOutlier } from "./compile-outlier.ts";
import type { ConsistentHash, TrafficPolicy } from "./objects.ts";
import type { Balance, Cluster, HashPolicy } from "./table.ts";

export type ClusterPolicy = Pick<Cluster, "balance" | "hash" | "outlier" | "limits" | "transport">;

/** Problems are reported by `checkPolicy`; here the rest is made the best of. */
export function compilePolicy(rule: TrafficPolicy | undefined, subset: TrafficPolicy | undefined): ClusterPolicy {
  const { loadBalancer = {}, outlierDetection, connectionPool } = { ...rule, ...subset };
  const { simple, consistentHash } = loadBalancer;
  return {
    balance: balanceOf(simple),
    hash: consistentHash && compileHash(consistentHash, "", () => {}),
    outlier: outlierDetection && compileOutlier(outlierDetection, "", () => {}),
    ...(connectionPool === undefined ? UNLIMITED : compileConnectionPool(connectionPool, "", () => {})),
  };
}

/** Everything that is wrong with a policy beside fields that are not honoured. */
export function checkPolicy(policy: TrafficPolicy | undefined, field: string, complain: Complain): void {
  const { loadBalancer, outlierDetection, connectionPool } = policy ?? {};
  if (loadBalancer?.consistentHash !== undefined)
    compileHash(loadBalancer.consistentHash, `${field}.loadBalancer.consistentHash`, complain);
  if (outlierDetection !== undefined) compileOutlier(outlierDetection, `${field}.outlierDetection`, complain);
  if (connectionPool !== undefined) compileConnectionPool(connectionPool, `${field}.connectionPool`, complain);
}

const UNLIMITED = { limits: undefined, transport: undefined };

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
