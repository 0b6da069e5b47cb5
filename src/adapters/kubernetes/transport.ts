// One HTTP exchange with the API server: TLS, identity, time-outs, and an error that says what was tried.
// On node:https rather than a client package: loading one would be half of the start-up time that `serin get` may take.

import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from "node:http";
import type { Credentials } from "./credentials.ts";
import { errorOfResponse } from "./status-error.ts";
import { type Origin, unreachable } from "./unreachable.ts";

export interface TransportOptions {
  origin: Origin;
  credentials: Credentials;
  /** For everything but streams: until the answer is complete. */
  requestTimeoutMs: number;
  /** Impersonation. */
  as?: string;
}

interface Exchange {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  path: string;
  body?: string;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

export interface Transport {
  /** The body of a 2xx answer. Throws ClusterError otherwise. */
  text(exchange: Exchange): Promise<string>;
  /** The body of a 2xx answer as it arrives; no time-out once it began. */
  stream(exchange: Exchange): Promise<AsyncIterable<Buffer>>;
}

/** An import statement would read every export of node:http, one of which loads a WebSocket client: 30 ms more. */
const builtin = {
  http: () => process.getBuiltinModule("node:http"),
  https: () => process.getBuiltinModule("node:https"),
};

const CONNECT_TIMEOUT_MS = 10_000;

export function transport(options: TransportOptions): Transport {
  const base = new URL(options.origin.server);
  const secure = base.protocol === "https:";
  let agent: Promise<HttpAgent> | undefined;

  async function openAgent(): Promise<HttpAgent> {
    if (!secure) return new (builtin.http().Agent)({ keepAlive: true });
    return new (builtin.https().Agent)({ keepAlive: true, ...(await options.credentials.tls()) });
  }

  async function headersOf(exchange: Exchange): Promise<Record<string, string>> {
    const authorization = await options.credentials.authorization();
    return {
      accept: exchange.accept ?? "application/json",
      "user-agent": "serin",
      ...(authorization === undefined ? {} : { authorization }),
      ...(options.as === undefined ? {} : { "impersonate-user": options.as }),
      ...(exchange.body === undefined
        ? {}
        : {
            "content-type": exchange.contentType ?? "application/json",
            "content-length": String(Buffer.byteLength(exchange.body)),
          }),
    };
  }

  /** The response once its head is in, whatever its status. */
  async function send(exchange: Exchange, signal: AbortSignal): Promise<IncomingMessage> {
    agent ??= openAgent();
    const { request: open } = secure ? builtin.https() : builtin.http();
    const request = open({
      agent: await agent,
      host: base.hostname.replace(/^\[|\]$/g, ""),
      port: base.port === "" ? (secure ? 443 : 80) : base.port,
      method: exchange.method,
      path: base.pathname.replace(/\/$/, "") + exchange.path,
      headers: await headersOf(exchange),
      signal,
    });
    return awaitHead(request, exchange.body);
  }

  /** Once more with a fresh token after a 401. */
  async function sendAuthorized(exchange: Exchange, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await send(exchange, signal);
    if (response.statusCode !== 401 || !options.credentials.refresh()) return response;
    response.resume();
    return send(exchange, signal);
  }

  return {
    async text(exchange) {
      const timeout = AbortSignal.timeout(options.requestTimeoutMs);
      const signal = exchange.signal === undefined ? timeout : AbortSignal.any([timeout, exchange.signal]);
      try {
        const response = await sendAuthorized(exchange, signal);
        const body = await readText(response);
        if (!isSuccess(response)) throw errorOfResponse(response.statusCode ?? 0, body);
        return body;
      } catch (error) {
        exchange.signal?.throwIfAborted();
        throw unreachable(options.origin, error, timeout.aborted ? options.requestTimeoutMs : undefined);
      }
    },
    async stream(exchange) {
      try {
        const response = await sendAuthorized(exchange, exchange.signal ?? new AbortController().signal);
        if (!isSuccess(response)) throw errorOfResponse(response.statusCode ?? 0, await readText(response));
        return bodyOf(options.origin, response, exchange.signal);
      } catch (error) {
        exchange.signal?.throwIfAborted();
        throw unreachable(options.origin, error, undefined);
      }
    },
  };
}

/** A connection that breaks in the middle is no end of the stream. */
async function* bodyOf(
  origin: Origin,
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(origin, error, undefined);
  }
}

function awaitHead(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error("connect timed out"), { code: "ETIMEDOUT" })),
      CONNECT_TIMEOUT_MS,
    );
    request.once("socket", (socket) => {
      socket.setKeepAlive(true, 30_000);
      if (socket.connecting) socket.once("connect", () => clearTimeout(timer));
      else clearTimeout(timer);
    });
    request.once("response", (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function isSuccess(response: IncomingMessage): boolean {
  const code = response.statusCode ?? 0;
  return code >= 200 && code < 300;
}
