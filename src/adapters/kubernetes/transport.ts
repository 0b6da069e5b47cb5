// One HTTP exchange with the API server: TLS, identity, time-outs, and an error that says what was tried.
// On node:https rather than a client package: loading one would be half of the start-up time that `serin get` may take.

import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from "node:http";
import type { Clock } from "../../ports/clock.ts";
import { isClusterError } from "../../ports/cluster.ts";
import type { Credentials } from "./credentials.ts";
import { pause } from "./pause.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { RequestTable } from "./request-table.ts";
import { errorOfResponse } from "./status-error.ts";
import { type Origin, unreachable } from "./unreachable.ts";

export interface TransportOptions {
  origin: Origin;
  credentials: Credentials;
  agent: () => Promise<HttpAgent>;
  /** Impersonation. */
  extraHeaders: Readonly<Record<string, string | string[]>>;
  /** Until an answer is complete; of a stream until it begins. */
  requestTimeoutMs: number;
  limit: RateLimit;
  requests: RequestTable;
  clock: Clock;
}

export interface Exchange {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  path: string;
  body?: string;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
  /** What it is in RBAC's and the metrics' words: `patch`, `deployments.apps/scale`. */
  about: { verb: string; resource: string };
  /** Never waits for our own rate limit. */
  urgent?: boolean;
}

export interface Transport {
  /** The body of a 2xx answer. Throws ClusterError otherwise. */
  text(exchange: Exchange): Promise<string>;
  /** The body of a 2xx answer as it arrives; no time-out once it began. */
  stream(exchange: Exchange): Promise<AsyncIterable<Buffer>>;
}

/** The same connections and the same limit, but no request waits for the limit. */
export function urgent(transport: Transport): Transport {
  return {
    text: (exchange) => transport.text({ ...exchange, urgent: true }),
    stream: (exchange) => transport.stream({ ...exchange, urgent: true }),
  };
}

/** An import statement would read every export of node:http, one of which loads a WebSocket client: 30 ms more. */
const builtin = {
  http: () => process.getBuiltinModule("node:http"),
  https: () => process.getBuiltinModule("node:https"),
};

const CONNECT_TIMEOUT_MS = 10_000;
/** A server that is overloaded says when to come back: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
const MAX_RETRIES = 5;
const LONGEST_RETRY_AFTER_MS = 10_000;

export function transport(options: TransportOptions): Transport {
  const { origin, limit, requests, clock } = options;
  const send = sender(options);

  /** One try, counted. */
  async function attempt<T>(exchange: Exchange, signal: AbortSignal, read: (response: IncomingMessage) => Promise<T>) {
    const startedAtMs = performance.now();
    let code = 0;
    try {
      const response = await send(exchange, signal);
      code = response.statusCode ?? 0;
      if (isSuccess(response)) return await read(response);
      throw errorOfResponse(code, await readText(response), response.headers["retry-after"]);
    } finally {
      requests.add({ ...exchange.about, code, durationMs: performance.now() - startedAtMs });
    }
  }

  return {
    async text(exchange) {
      await limit.admit({ urgent: exchange.urgent === true }, exchange.signal);
      const timeout = AbortSignal.timeout(options.requestTimeoutMs);
      const signal = exchange.signal === undefined ? timeout : AbortSignal.any([timeout, exchange.signal]);
      try {
        for (let tries = 1; ; tries++)
          try {
            return await attempt(exchange, signal, readText);
          } catch (error) {
            const waitMs = tries > MAX_RETRIES ? undefined : retryAfterMs(error);
            if (waitMs === undefined) throw error;
            await pause(clock, waitMs, signal);
          }
      } catch (error) {
        exchange.signal?.throwIfAborted();
        throw unreachable(origin, error, timeout.aborted ? options.requestTimeoutMs : undefined);
      }
    },
    async stream(exchange) {
      await limit.admit({ urgent: exchange.urgent === true }, exchange.signal);
      const head = deadline(clock, options.requestTimeoutMs, exchange.signal);
      try {
        const response = await attempt(exchange, head.signal, (begun) => Promise.resolve(begun));
        return bodyOf(origin, response, exchange.signal);
      } catch (error) {
        exchange.signal?.throwIfAborted();
        throw unreachable(origin, error, head.isOver ? options.requestTimeoutMs : undefined);
      } finally {
        head.met();
      }
    },
  };
}

/** Sends, once more with a fresh token after a 401; gives the response once its head is in, whatever its status. */
function sender({ origin, credentials, agent, extraHeaders }: TransportOptions) {
  const base = new URL(origin.server);
  const secure = base.protocol === "https:";

  function headersOf(exchange: Exchange, authorization: string | undefined): Record<string, string | string[]> {
    return {
      accept: exchange.accept ?? "application/json",
      "user-agent": "serin",
      ...(authorization === undefined ? {} : { authorization }),
      ...extraHeaders,
      ...(exchange.body === undefined
        ? {}
        : {
            "content-type": exchange.contentType ?? "application/json",
            "content-length": String(Buffer.byteLength(exchange.body)),
          }),
    };
  }

  async function send(exchange: Exchange, authorization: string | undefined, signal: AbortSignal) {
    const { request: open } = secure ? builtin.https() : builtin.http();
    const request = open({
      agent: await agent(),
      host: base.hostname.replace(/^\[|\]$/g, ""),
      port: base.port === "" ? (secure ? 443 : 80) : base.port,
      method: exchange.method,
      path: base.pathname.replace(/\/$/, "") + exchange.path,
      headers: headersOf(exchange, authorization),
      signal,
    });
    return awaitHead(request, exchange.body);
  }

  return async (exchange: Exchange, signal: AbortSignal): Promise<IncomingMessage> => {
    const used = await credentials.authorization();
    const response = await send(exchange, used, signal);
    if (response.statusCode !== 401 || !credentials.refresh(used)) return response;
    response.resume();
    return send(exchange, await credentials.authorization(), signal);
  };
}

/** How long the server asks to be left alone, where waiting may help. */
function retryAfterMs(error: unknown): number | undefined {
  if (!isClusterError(error, "TooManyRequests", "InternalError") || error.retryAfterMs === undefined) return undefined;
  return error.retryAfterMs > LONGEST_RETRY_AFTER_MS ? undefined : error.retryAfterMs;
}

/** A signal that aborts with the outer one, and after a while unless the deadline is met before. */
function deadline(clock: Clock, timeoutMs: number, outer: AbortSignal | undefined) {
  const abort = new AbortController();
  let isOver = false;
  const cancel = clock.after(timeoutMs, () => {
    isOver = true;
    abort.abort();
  });
  const signal = outer === undefined ? abort.signal : AbortSignal.any([abort.signal, outer]);
  return {
    signal,
    get isOver() {
      return isOver;
    },
    met: cancel,
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
