// The open-loop client: sends on time whatever the answers, as many independent users would. A closed loop waits for a
// slow server and so hides its worst moments (coordinated omission); here latency counts from the moment at which the
// request was due, and every failed one is kept with its cause.

import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Outcome, Result, Tally } from "./tally.ts";

export interface OpenLoopOptions {
  url: string;
  ratePerSecond: number;
  headers?: Record<string, string>;
  /** From the due moment to the last byte. */
  timeoutMs?: number;
  /** Most requests in flight. One that is due beyond that waits for a place; its latency counts from when it was due. */
  maxInFlight?: number;
  /** Stops by itself after so many. */
  requests?: number;
}

export interface OpenLoop {
  /** Requests sent from now on count there; those in flight still count where they were sent. */
  count(tally: Tally): void;
  readonly sent: number;
  /** Answers still outstanding. */
  readonly inFlight: number;
  /** How much later than due the latest request was sent: the client's own honesty. */
  readonly latestMs: number;
  /** Resolves when `requests` are sent and answered. */
  finished: Promise<void>;
  /** Sends no more, and resolves when every answer is in or timed out. */
  stop(): Promise<void>;
}

/** How one request is sent; its outcome is told exactly once. */
export interface Sender {
  /** `dueMs`: on the clock of `performance.now()`. */
  one(dueMs: number, done: (outcome: Outcome) => void): void;
  close(): void;
}

const TICK_MS = 2;
/** A marker is short: longer bodies are read to their end, but only the beginning is looked at. */
const BODY_LIMIT = 4_096;
/** Below the 5 s after which servers of Node's kind close an idle connection, so that none is reused at that moment. */
const IDLE_MS = 2_000;

export function startOpenLoop(options: OpenLoopOptions, first: Tally): OpenLoop {
  return startPaced(options, httpSender(options), first);
}

/** The same pace for other kinds of requests. */
export function startPaced(
  { ratePerSecond, requests = Infinity, maxInFlight = 1_024 }: Omit<OpenLoopOptions, "url">,
  send: Sender,
  first: Tally,
): OpenLoop {
  const startedMs = performance.now();
  const state = { tally: first, sent: 0, inFlight: 0, latestMs: 0, stopped: false };
  const finished = Promise.withResolvers<void>();
  const settle = (): void => {
    if ((state.stopped || state.sent >= requests) && state.inFlight === 0) {
      send.close();
      finished.resolve();
    }
  };
  const fire = (dueMs: number): void => {
    const { tally } = state;
    state.sent++;
    tally.sent();
    state.inFlight++;
    send.one(dueMs, (outcome) => {
      state.inFlight--;
      tally.add(outcome);
      settle();
    });
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    while (!state.stopped && state.sent < requests && state.inFlight < maxInFlight) {
      const dueMs = startedMs + (state.sent * 1_000) / ratePerSecond;
      if (dueMs > nowMs) break;
      state.latestMs = Math.max(state.latestMs, nowMs - dueMs);
      fire(dueMs);
    }
    if (state.stopped || state.sent >= requests) clearInterval(timer);
  }, TICK_MS);
  return {
    count: (tally) => void (state.tally = tally),
    get sent() {
      return state.sent;
    },
    get inFlight() {
      return state.inFlight;
    },
    get latestMs() {
      return state.latestMs;
    },
    finished: finished.promise,
    stop() {
      state.stopped = true;
      clearInterval(timer);
      settle();
      return finished.promise;
    },
  };
}

function httpSender({ url, headers = {}, timeoutMs = 10_000, maxInFlight = 1_024 }: OpenLoopOptions): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: maxInFlight, timeout: IDLE_MS });
  const target = new URL(url);
  const options = { agent, headers: { accept: "*/*", "user-agent": "serin-load", ...headers } };
  return {
    close: () => agent.destroy(),
    one(dueMs: number, done: (outcome: Outcome) => void): void {
      let settled = false;
      const request = httpRequest(target, options);
      const end = (outcome: Result): void => {
        if (settled) return;
        settled = true;
        clearTimeout(deadline);
        done({ ...outcome, latencyMs: performance.now() - dueMs });
      };
      const deadline = setTimeout(
        () => {
          end({ kind: "failed", cause: "timeout" });
          request.destroy();
        },
        timeoutMs - (performance.now() - dueMs),
      );
      request.on("error", (error) => end({ kind: "failed", cause: causeOf(error, request) }));
      request.on("response", (response) => readAnswer(response, end));
      request.end();
    },
  };
}

function readAnswer(response: IncomingMessage, end: (outcome: Result) => void): void {
  let body = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    if (body.length < BODY_LIMIT) body += chunk;
  });
  response.on("end", () => {
    const cause = response.complete ? undefined : "cut off";
    if (cause !== undefined) return end({ kind: "failed", cause });
    end({ kind: "answered", status: response.statusCode ?? 0, version: versionOf(response, body) });
  });
  response.on("error", () => end({ kind: "failed", cause: "cut off" }));
}

/**
 * The version that an answer names: the header that Serin's echo app sets, else the first `v1`-like word of the body.
 * An answer of the gateway itself ("no healthy upstream") names none.
 */
function versionOf(response: IncomingMessage, body: string): string | undefined {
  const header = response.headers["x-echo-version"];
  if (typeof header === "string" && header !== "") return header;
  return /\bv\d+\b/.exec(body.slice(0, BODY_LIMIT))?.[0];
}

function causeOf(error: NodeJS.ErrnoException, request: ClientRequest): string {
  if (error.code === "ECONNREFUSED" || error.code === "EADDRNOTAVAIL") return "refused";
  if (error.code === "ECONNRESET") return request.reusedSocket ? "reset (reused connection)" : "reset";
  if (error.code === "ETIMEDOUT") return "timeout";
  return error.code ?? error.message;
}
