// How a DestinationRule's traffic policy spreads requests over endpoints.

import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";
import type { ConsistentHash, TrafficPolicy } from "./objects.ts";
import type { Balance, HashPolicy } from "./table.ts";

export interface LoadBalancer {
  balance: Balance;
  hash: HashPolicy | undefined;
}

/** Problems are reported by `checkPolicy`; here the rest is made the best of. */
export function compileLoadBalancer(policy: TrafficPolicy | undefined): LoadBalancer {
  const { simple, consistentHash } = policy?.loadBalancer ?? {};
  const hash = consistentHash && compileHash(consistentHash, "", () => {});
  return { balance: balanceOf(simple), hash };
}

function balanceOf(simple: string | undefined): Balance {
  if (simple === "ROUND_ROBIN") return "round_robin";
  return simple === "RANDOM" ? "random" : "least_request";
}

/** Of the table's size only its being valid matters: see hash.ts. */
export function compileHash(written: ConsistentHash, field: string, complain: Complain): HashPolicy | undefined {
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
