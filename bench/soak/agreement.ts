// Do the gateway's metrics and the clients agree, answer by answer? Both count by status, by the version that answered, and by gRPC's
// status where there is one.

import type { Ledger } from "./ledger.ts";

export interface Disagreement {
  /** `200 v1`, `200 v1 grpc 0`; status 0 is a client that went away, version "unknown" an answer of the gateway itself. */
  answer: string;
  clients: number;
  metrics: number;
}

/** Every answer that both do not count alike; `before` and `after` are the metrics as text around all that the clients did. */
export function disagreements(ledgers: readonly Ledger[], before: string, after: string): Disagreement[] {
  const clients = new Map<string, number>();
  for (const { answers } of ledgers) for (const [key, count] of answers) add(clients, joined(key), count);
  const metrics = new Map<string, number>();
  for (const { answer, count } of requestsTotal(after)) add(metrics, answer, count);
  for (const { answer, count } of requestsTotal(before)) add(metrics, answer, -count);
  return [...new Set([...clients.keys(), ...metrics.keys()])]
    .map((answer) => ({ answer, clients: clients.get(answer) ?? 0, metrics: metrics.get(answer) ?? 0 }))
    .filter(({ clients: one, metrics: other }) => one !== other);
}

/**
 * A client that goes away never learns which version it was asking; nor does one whose deadline the gateway says is over
 * (UNAVAILABLE, where the pod would say DEADLINE_EXCEEDED).
 */
function joined(key: string): string {
  return key.startsWith("0 ") ? "0 any" : key.replace(/ \S+ (grpc (?:4|14))$/, " any $1");
}

function requestsTotal(text: string): { answer: string; count: number }[] {
  return [...text.matchAll(/^istio_requests_total\{(.*)\} (\d+)$/gm)].map(([, labels, count]) => {
    const label = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels!)?.[1] ?? "";
    const grpcStatus = label("grpc_response_status");
    const grpc = grpcStatus === "" ? "" : ` grpc ${grpcStatus}`;
    const answer = joined(`${label("response_code")} ${label("destination_version")}${grpc}`);
    return { answer, count: Number(count) };
  });
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
