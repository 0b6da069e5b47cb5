// One attempt of a probe or an HTTP hook.

import type { IncomingMessage, RequestOptions } from "node:http";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { ProbeTarget } from "./probe-spec.ts";

export type Answer = { ok: true } | { ok: false; message: string };

type Network = Exclude<ProbeTarget, { kind: "exec" }>;

const USER_AGENT = "kube-probe/serin";

/** Never rejects. `dial` gives the address of a container port. */
export function ask(
  target: Network,
  dial: (port: number) => { host: string; port: number },
  timeoutMs: number,
): Promise<Answer> {
  const address = dial(target.port);
  return target.kind === "tcp" ? askTcp(address, timeoutMs) : askHttp(target, address, timeoutMs);
}

function askTcp(address: { host: string; port: number }, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (answer: Answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end({ ok: false, message: `dial tcp ${text(address)}: i/o timeout` }));
    socket.once("connect", () => end({ ok: true }));
    socket.once("error", (error) => end({ ok: false, message: `dial tcp ${text(address)}: ${reasonOf(error)}` }));
  });
}

/** Any status from 200 to 399 is a success, as for the kubelet; redirects are not followed. */
async function askHttp(
  target: Extract<Network, { kind: "http" }>,
  address: { host: string; port: number },
  timeoutMs: number,
): Promise<Answer> {
  const url = `${target.scheme}://${text(address)}${target.path}`;
  const send = target.scheme === "https" ? (await import("node:https")).request : httpRequest;
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    ...address,
    path: target.path,
    headers: { "User-Agent": USER_AGENT, Accept: "*/*", Connection: "close", ...Object.fromEntries(target.headers) },
    // No pool: a probe must not find an old connection, and must leave none.
    agent: false,
    timeout: timeoutMs,
    rejectUnauthorized: false,
  };
  return new Promise((resolve) => {
    const request = send(options, (response) => resolve(judge(response)));
    const timer = setTimeout(() => request.destroy(new Error("context deadline exceeded")), timeoutMs).unref();
    request.once("close", () => clearTimeout(timer));
    request.once("timeout", () => request.destroy(new Error("context deadline exceeded")));
    request.on("error", (error) => resolve({ ok: false, message: `Get "${url}": ${reasonOf(error)}` }));
    request.end();
  });
}

function judge(response: IncomingMessage): Answer {
  response.resume();
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 400) return { ok: true };
  return { ok: false, message: `HTTP probe failed with statuscode: ${status}` };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "connect: connection refused";
  if (error.code === "ECONNRESET") return "connection reset by peer";
  return error.message;
}

function text({ host, port }: { host: string; port: number }): string {
  return `${host}:${port}`;
}
