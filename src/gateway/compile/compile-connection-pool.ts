// A DestinationRule's connectionPool and retryBudget. Zero and absent mean no limit, as istiod reads them.

import type { ConnectionPool, TrafficPolicy } from "../objects.ts";
import type { ConnectionLimits, RetryCeiling, Transport, UpstreamProtocol } from "../routing/table.ts";
import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";

export interface CompiledPool {
  limits: ConnectionLimits | undefined;
  retryCeiling: RetryCeiling | undefined;
  transport: Transport | undefined;
  /** Undefined: what the Service's port says. */
  wantedProtocol: UpstreamProtocol | undefined;
}

export function compileConnectionPool({ tcp, http }: ConnectionPool, field: string, complain: Complain): CompiledPool {
  if (tcp === undefined && http === undefined) complain(field, `${field} needs tcp or http`);
  const count = (path: string, value = 0): number => {
    if (!Number.isInteger(value) || value < 0)
      complain(`${field}.${path}`, `${field}.${path}: ${value} is no whole number of zero or more`);
    return value > 0 ? value : Infinity;
  };
  const maxConnections = count("tcp.maxConnections", tcp?.maxConnections);
  const maxRetries = count("http.maxRetries", http?.maxRetries);
  return {
    limits: present({
      maxConnections,
      maxPending: count("http.http1MaxPendingRequests", http?.http1MaxPendingRequests),
      maxRequests: count("http.http2MaxRequests", http?.http2MaxRequests),
    }),
    retryCeiling: maxRetries === Infinity ? undefined : { by: "number", maxRetries },
    transport: orUndefined({
      maxConnections: finite(maxConnections),
      maxStreams: finite(count("http.maxConcurrentStreams", http?.maxConcurrentStreams)),
      maxRequestsPerConnection: finite(count("http.maxRequestsPerConnection", http?.maxRequestsPerConnection)),
      ...compileDurations({ tcp, http }, field, complain),
    }),
    wantedProtocol: http && wantedProtocol(http),
  };
}

/** DO_NOT_UPGRADE turns off what the mesh might have as its default, not what the port says. */
function wantedProtocol({
  h2UpgradePolicy,
  useClientProtocol,
}: NonNullable<ConnectionPool["http"]>): UpstreamProtocol | undefined {
  if (h2UpgradePolicy === "UPGRADE") return "http2";
  return useClientProtocol === true ? "client" : undefined;
}

function present(limits: ConnectionLimits): ConnectionLimits | undefined {
  return Object.values(limits).every((each) => each === Infinity) ? undefined : limits;
}

function finite(count: number): number | undefined {
  return count === Infinity ? undefined : count;
}

function orUndefined(transport: Transport): Transport | undefined {
  return Object.values(transport).every((each) => each === undefined) ? undefined : transport;
}

function compileDurations({ tcp, http }: ConnectionPool, field: string, complain: Complain) {
  const duration = (path: string, text: string | undefined, least: number): number | undefined => {
    const ms = compileDuration(text, `${field}.${path}`, complain);
    if (ms !== undefined && ms >= 0 && ms < least)
      complain(`${field}.${path}`, `${field}.${path} must be at least a millisecond`);
    return ms;
  };
  const httpIdleMs = duration("http.idleTimeout", http?.idleTimeout, 1);
  const tcpIdleMs = duration("tcp.idleTimeout", tcp?.idleTimeout, 0);
  return {
    connectTimeoutMs: duration("tcp.connectTimeout", tcp?.connectTimeout, 1) || undefined,
    idleTimeoutMs: httpIdleMs ?? tcpIdleMs,
    maxConnectionAgeMs: duration("tcp.maxConnectionDuration", tcp?.maxConnectionDuration, 1) || undefined,
  };
}

/** Retries may be this share of what is running; it takes the place of maxRetries. */
export function compileRetryBudget(
  { percent = 20, minRetryConcurrency }: NonNullable<TrafficPolicy["retryBudget"]>,
  field: string,
  complain: Complain,
): RetryCeiling {
  if (!(percent >= 0 && percent <= 100))
    complain(`${field}.percent`, `${field}.percent: ${percent} is not between 0 and 100`);
  return { by: "budget", percent, minConcurrency: minRetryConcurrency || 3 };
}
