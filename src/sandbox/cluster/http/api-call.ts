// One request for a resource, with all that its handler needs.

import type { IncomingMessage } from "node:http";
import type { ObjectKey } from "../../../core/kubernetes/object.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { PodLogs } from "../../../ports/pod-logs.ts";
import type { PodPorts } from "../../../ports/pod-ports.ts";
import type { KnownResource } from "../registry.ts";
import type { Wanted } from "./accept.ts";
import type { ResourcePath } from "./request-path.ts";
import { Refusal } from "./status.ts";

export interface ApiCall {
  request: IncomingMessage;
  path: ResourcePath;
  query: URLSearchParams;
  resource: KnownResource;
  wanted: Wanted;
  /** Acts as the request's user. */
  cluster: Cluster;
  podLogs: PodLogs | undefined;
  podPorts: PodPorts | undefined;
  clock: Clock;
}

/** The object that the path names. */
export function keyOf({ path }: ApiCall): ObjectKey {
  return { namespace: path.namespace, name: path.name! };
}

/** The field manager of a request that names none: the client's program, as a real API server takes it. */
export function managerOf(query: URLSearchParams, request: IncomingMessage): string {
  const agent = (request.headers["user-agent"] ?? "").split("/")[0]!.replace(/[^\x20-\x7e]/g, "");
  return query.get("fieldManager") || agent.slice(0, 128) || "unknown";
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, "BadRequest", message);
}
