// What the clients of the soak do: kinds of requests, each with a pace of its own that no answer slows down. A new kind is one more
// row: anything that is a Sender.

import { randomBytes } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { type OpenLoop, type Sender, startPaced } from "../../src/load/open-loop.ts";
import { DOWNLOAD_BYTES } from "./app.ts";
import { COUNTED, METHODS } from "./grpc-method.ts";
import { type GrpcKind, grpcSender } from "./grpc-sender.ts";
import { type Http2Kind, http2Sender } from "./http2-sender.ts";
import { Ledger } from "./ledger.ts";
import { type RequestKind, requestSender } from "./request-sender.ts";
import { upgradeSender } from "./upgrade-sender.ts";

export const HOST = "echo.example";

interface Kind {
  name: string;
  ratePerSecond: number;
  sender: Sender;
}

export interface Traffic {
  ledgers: readonly Ledger[];
  /** Sends no more; resolves when every answer is in. */
  stop(): Promise<void>;
}

/** `scale` 1: about 380 requests a second. */
export function startTraffic(port: number, scale: number): Traffic {
  const running: { ledger: Ledger; loop: OpenLoop }[] = kindsOf(port).map(({ name, ratePerSecond, sender }) => {
    const ledger = new Ledger(name);
    return { ledger, loop: startPaced({ ratePerSecond: ratePerSecond * scale }, sender, ledger) };
  });
  return {
    ledgers: running.map(({ ledger }) => ledger),
    stop: async () => void (await Promise.all(running.map(({ loop }) => loop.stop()))),
  };
}

const BYTES = randomBytes(256 * 1024);

function kindsOf(port: number): Kind[] {
  return [...http1Kinds(port), ...http2Kinds(port), ...grpcKinds(port)];
}

function http1Kinds(port: number): Kind[] {
  const row = (name: string, ratePerSecond: number, how: Partial<RequestKind>): Kind => ({
    name,
    ratePerSecond,
    sender: requestSender({ port, host: HOST, method: "GET", path: () => "/", status: 200, ...how }),
  });
  const post = { method: "POST", path: () => "/" };
  return [
    row("get", 110, {}),
    row("new connection", 30, { fresh: true }),
    // Of another VirtualService as long as it exists, else of the one that takes all.
    row("side", 30, { path: (n) => `/side/${n % 8}/x` }),
    row("small body", 50, { ...post, body: (n) => BYTES.subarray(0, 1 + (n % 2_000)) }),
    row("large body", 6, { ...post, body: (n) => BYTES.subarray(0, 65_536 * (1 + (n % 4))) }),
    row("slow body", 3, { ...post, body: () => BYTES.subarray(0, 20_000), trickle: { pieces: 8, ms: 2_000 } }),
    row("slow answer", 3, { path: () => "/drip?ms=2000" }),
    row("slow reader", 1, { path: () => "/download", bytes: DOWNLOAD_BYTES, readerPauseMs: 700 }),
    row("given up", 3, { path: () => "/?ms=5000", giveUpAfterMs: 300 }),
    row("redirect", 3, { path: () => "/old/page", status: 301 }),
    row("direct response", 3, { path: () => "/direct" }),
    row("to HTTP/2 pods", 10, { path: () => "/h2/" }),
    row("body to HTTP/2 pods", 5, { ...post, path: () => "/h2/", body: (n) => BYTES.subarray(0, 1 + (n % 20_000)) }),
    row("unknown host", 3, { host: "nobody.example", status: 404 }),
    {
      name: "websocket",
      ratePerSecond: 1,
      sender: upgradeSender({ port, host: HOST, path: "/ws", words: 12, everyMs: 500 }),
    },
  ];
}

/** Below /h2/ the pods speak HTTP/2, too. */
function http2Kinds(port: number): Kind[] {
  const row = (name: string, ratePerSecond: number, how: Partial<Http2Kind>): Kind => ({
    name: `HTTP/2 ${name}`,
    ratePerSecond,
    sender: http2Sender({ port, host: HOST, path: () => "/h2/", ...how }),
  });
  return [
    // Some take a while, so that several streams are open at once.
    row("get", 40, { path: (n) => (n % 4 === 0 ? "/h2/?ms=200" : "/h2/") }),
    row("new session", 8, { fresh: true }),
    row("to HTTP/1.1 pods", 10, { path: () => "/" }),
    row("body to HTTP/1.1 pods", 5, { path: () => "/", body: (n) => BYTES.subarray(0, 1 + (n % 20_000)) }),
    row("small body", 10, { body: (n) => BYTES.subarray(0, 1 + (n % 2_000)), trailers: true }),
    row("large body", 3, { body: (n) => BYTES.subarray(0, 65_536 * (1 + (n % 4))), trailers: true }),
    row("slow answer", 2, { path: () => "/h2/drip?ms=2000" }),
    row("slow reader", 1, { path: () => "/h2/download", bytes: DOWNLOAD_BYTES, readerPauseMs: 700 }),
    row("reset before the answer", 3, { path: () => "/h2/?ms=5000", resetAfterMs: 300 }),
    row("reset of an answer", 2, { path: () => "/h2/drip?ms=2000", resetHalfway: true }),
    row("reset of a body", 2, { body: () => BYTES.subarray(0, 100_000), resetHalfway: true }),
  ];
}

function grpcKinds(port: number): Kind[] {
  const one = (n: number) => [BYTES.subarray(0, n % 2_000)];
  const row = (name: string, ratePerSecond: number, how: Partial<GrpcKind> & Pick<GrpcKind, "method">): Kind => ({
    name: `gRPC ${name}`,
    ratePerSecond,
    sender: grpcSender({ port, host: HOST, messages: one, answers: (sent) => [...sent], ...how }),
  });
  const several = (n: number) => Array.from({ length: 5 }, (_, i) => BYTES.subarray(i, i + ((n * 37) % 3_000)));
  const none = () => [];
  const { Say, Late, Miss, Collect, Count, Chat } = METHODS;
  return [
    row("unary", 20, { method: Say }),
    row("new channel", 2, { method: Say, fresh: true }),
    row("large message", 1, { method: Say, messages: () => [BYTES] }),
    row("error", 3, { method: Miss, answers: none, ends: [status.NOT_FOUND] }),
    row("stream of requests", 2, {
      method: Collect,
      messages: several,
      pauseMs: 100,
      answers: (sent) => [Buffer.concat(sent)],
    }),
    row("stream of answers", 2, { method: Count, answers: ([sent]) => Array.from({ length: COUNTED }, () => sent!) }),
    row("stream both ways", 2, { method: Chat, messages: several, pauseMs: 200 }),
    row("deadline", 2, {
      method: Late,
      silentDeadlineMs: 300,
      answers: none,
      // The gateway's word, and the pod's: both have the same time.
      ends: [status.UNAVAILABLE, status.DEADLINE_EXCEEDED],
    }),
    row("cancelled before the answer", 2, { method: Late, cancelAfterMs: 300 }),
    row("cancelled stream of answers", 1, { method: Count, cancelHalfway: true }),
  ];
}
