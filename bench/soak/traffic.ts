// What the clients of the soak do: kinds of requests, each with a pace of its own that no answer slows down. A new kind (HTTP/2,
// gRPC) is one more row: anything that is a Sender.

import { randomBytes } from "node:crypto";
import { type OpenLoop, type Sender, startPaced } from "../../src/load/open-loop.ts";
import { DOWNLOAD_BYTES } from "./app.ts";
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

/** `scale` 1: about 250 requests a second. */
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
    row("unknown host", 3, { host: "nobody.example", status: 404 }),
    {
      name: "websocket",
      ratePerSecond: 1,
      sender: upgradeSender({ port, host: HOST, path: "/ws", words: 12, everyMs: 500 }),
    },
  ];
}
