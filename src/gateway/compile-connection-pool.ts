// A DestinationRule's connectionPool. Zero and absent mean no limit, as istiod reads them.

import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";
import type { ConnectionPool } from "./objects.ts";
import type { ConnectionLimits, Transport } from "./table.ts";

export interface CompiledPool {
  limits: ConnectionLimits | undefined;
  transport: Transport | undefined;
}

export function compileConnectionPool({ tcp, http }: ConnectionPool, field: string, complain: Complain): CompiledPool {
  if (tcp === undefined && http === undefined) complain(field, `${field} needs tcp or http`);
  const count = (path: string, value = 0): number => {
    if (!Number.isInteger(value) || value < 0)
      complain(`${field}.${path}`, `${field}.${path}: ${value} is no whole number of zero or more`);
    return value > 0 ? value : Infinity;
  };
  const maxConnections = count("tcp.maxConnections", tcp?.maxConnections);
  const maxPending = count("http.http1MaxPendingRequests", http?.http1MaxPendingRequests);
  const maxRequests = count("http.maxRequestsPerConnection", http?.maxRequestsPerConnection);
  const connectTimeoutMs = compileDuration(tcp?.connectTimeout, `${field}.tcp.connectTimeout`, complain);
  if (connectTimeoutMs === 0) complain(`${field}.tcp.connectTimeout`, `${field}.tcp.connectTimeout must be above zero`);
  return {
    // Nobody waits where connections are not limited.
    limits: maxConnections === Infinity ? undefined : { maxConnections, maxPending },
    transport:
      maxRequests === Infinity && !connectTimeoutMs
        ? undefined
        : { connectTimeoutMs, maxRequestsPerConnection: maxRequests === Infinity ? undefined : maxRequests },
  };
}
