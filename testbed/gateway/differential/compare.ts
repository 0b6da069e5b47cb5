// One request to both gateways, and what differs in the answers and in what the upstream saw.

import { request as httpRequest, type IncomingMessage } from "node:http";
import type { GeneratedRequest } from "./generate.ts";

/** Differ from run to run, or by design (docs/reference/gateway.md). */
const NOT_COMPARED = new Set(
  (
    "date x-envoy-upstream-service-time x-request-id x-forwarded-for x-envoy-external-address traceparent connection " +
    "transfer-encoding content-length x-b3-traceid x-b3-spanid x-b3-sampled x-b3-parentspanid " +
    "x-envoy-decorator-operation x-envoy-peer-metadata x-envoy-peer-metadata-id"
  ).split(" "),
);

export interface Answer {
  status: number;
  headers: Record<string, string[]>;
  /** What the echo upstream saw, or the text of an answer without one. */
  body: unknown;
}

export function ask(port: number, { method, host, path, headers }: GeneratedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", method, path, headers: { host, ...headers }, agent: false };
    const sent = httpRequest(options, (response) => void read(response).then(resolve, reject));
    sent.on("error", reject);
    sent.end();
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode!, headers: comparable(response.rawHeaders), body: seenBy(text) };
}

function seenBy(text: string): unknown {
  if (!text.startsWith("{")) return text;
  const { headers, ...rest } = JSON.parse(text) as { headers: string[] };
  return { ...rest, headers: comparable(headers) };
}

function comparable(raw: readonly string[]): Record<string, string[]> {
  const byName = new Map<string, string[]>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (!NOT_COMPARED.has(name)) byName.set(name, [...(byName.get(name) ?? []), raw[i + 1]!]);
  }
  return Object.fromEntries([...byName].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** "body.headers.x-a: [1] | [2]" for each place; real first. */
export function differences(real: unknown, ours: unknown, path = ""): string[] {
  if (JSON.stringify(real) === JSON.stringify(ours)) return [];
  if (isFields(real) && isFields(ours)) {
    const names = new Set([...Object.keys(real), ...Object.keys(ours)]);
    return [...names].flatMap((name) => differences(real[name], ours[name], path === "" ? name : `${path}.${name}`));
  }
  return [`${path}: ${JSON.stringify(real)} | ${JSON.stringify(ours)}`];
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
