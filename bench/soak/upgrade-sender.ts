// Opens one WebSocket's worth of connection, says something now and then and wants it back, and closes it. The gateway passes
// the bytes of an upgraded connection as they are, so plain bytes do.

import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { Sender } from "../../src/load/open-loop.ts";
import { acceptOf } from "./app.ts";
import type { SoakResult } from "./ledger.ts";

export interface UpgradeKind {
  port: number;
  host: string;
  path: string;
  /** How often something is said, and every how many milliseconds. */
  words: number;
  everyMs: number;
}

const TIMEOUT_MS = 10_000;

export function upgradeSender(kind: UpgradeKind): Sender {
  return {
    close() {},
    one(dueMs, done) {
      const end = (result: SoakResult) => done({ ...result, latencyMs: performance.now() - dueMs });
      open(kind).then(
        async ({ socket, version }) => {
          const wrong = await talk(socket, kind);
          if (wrong === undefined) end({ kind: "answered", status: 101, version });
          else end({ kind: "failed", cause: wrong, detail: `from ${version}`, got: 101 });
        },
        (error: Error) => end({ kind: "failed", cause: error.message, detail: kind.path }),
      );
    },
  };
}

function open({ port, host, path }: UpgradeKind): Promise<{ socket: Duplex; version: string }> {
  const key = randomBytes(16).toString("base64");
  const headers = { host, connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": key };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, headers, agent: false, timeout: TIMEOUT_MS });
    request.on("upgrade", (response, socket) => {
      const accepted = response.headers["sec-websocket-accept"] === acceptOf({ headers });
      if (accepted) resolve({ socket, version: String(response.headers["x-echo-version"]) });
      else reject(new Error("a wrong sec-websocket-accept"));
    });
    request.on("response", ({ statusCode }) => {
      reject(new Error(`${statusCode} in place of 101`));
      request.destroy();
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", reject);
    request.end();
  });
}

/** What went wrong, if anything did. */
function talk(socket: Duplex, { words, everyMs }: UpgradeKind): Promise<string | undefined> {
  return new Promise((resolve) => {
    let [said, heard] = ["", ""];
    let n = 0;
    const deadlineMs = performance.now() + words * everyMs + TIMEOUT_MS;
    const finish = (wrong: string | undefined) => {
      clearInterval(timer);
      socket.destroy();
      resolve(wrong);
    };
    const timer = setInterval(() => {
      if (n === words && heard === said) return finish(undefined);
      // The last words may still be on their way: on a busy machine an echo takes longer than the pause between two.
      if (n === words && performance.now() < deadlineMs) return;
      if (n === words) return finish(`heard ${heard.length} bytes of ${said.length}`);
      const word = `word ${++n} `;
      said += word;
      socket.write(word);
    }, everyMs);
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
    socket.on("error", (error) => finish(`upgraded connection: ${error.message}`));
    socket.on("close", () => finish("upgraded connection cut off"));
  });
}
