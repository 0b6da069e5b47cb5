import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { fileAccessLog } from "./access-log.ts";

const ENTRY = {
  startMs: Date.parse("2026-11-24T05:52:33.276Z"),
  method: "GET",
  protocol: "HTTP/1.1" as const,
  path: "/e2?a=b",
  code: 200,
  flags: "-",
  details: "via_upstream",
  failure: "",
  bytesReceived: 0,
  bytesSent: 279,
  durationMs: 1.4,
  upstreamMs: 0.8,
  forwardedFor: "127.0.0.1",
  userAgent: "curl/7.88.1",
  requestId: "af31ac37",
  authority: "shop.example",
  upstreamHost: "127.1.0.1:8080",
  cluster: "outbound|80|v1|echo.default.svc.cluster.local",
  localAddress: "127.0.0.1:8080",
  remoteAddress: "127.0.0.1:55634",
  routeName: "main",
};

function fail(error: Error): never {
  throw error;
}

test("lines are Istio's default text, with dashes where there is nothing, and are written after a second or at the end", async () => {
  const dir = mkdtempSync(join(tmpdir(), "access-log-"));
  const timers: { delayMs: number; run: () => void }[] = [];
  const clock = {
    now: () => 0,
    after: (delayMs: number, run: () => void) => (timers.push({ delayMs, run }), () => {}),
  };
  const log = fileAccessLog(join(dir, "access.log"), clock, fail);
  log.write(ENTRY);
  const nothing = {
    upstreamMs: undefined,
    forwardedFor: undefined,
    userAgent: undefined,
    upstreamHost: undefined,
    cluster: undefined,
  };
  log.write({ ...ENTRY, ...nothing, code: 503, flags: "UF", details: "x{y}", failure: "refused", routeName: "" });
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([1_000]);
  await log.close();
  expect(readFileSync(join(dir, "access.log"), "utf8").split("\n")).toEqual([
    '[2026-11-24T05:52:33.276Z] "GET /e2?a=b HTTP/1.1" 200 - via_upstream - "-" 0 279 1 1 "127.0.0.1" "curl/7.88.1" "af31ac37" "shop.example" "127.1.0.1:8080" outbound|80|v1|echo.default.svc.cluster.local - 127.0.0.1:8080 127.0.0.1:55634 - main',
    '[2026-11-24T05:52:33.276Z] "GET /e2?a=b HTTP/1.1" 503 UF x{y} - "refused" 0 279 1 - "-" "-" "af31ac37" "shop.example" "-" - - 127.0.0.1:8080 127.0.0.1:55634 - -',
    "",
  ]);
  rmSync(dir, { recursive: true });
});

test("a device is written to and never renamed, however much goes there", async () => {
  const dir = mkdtempSync(join(tmpdir(), "access-log-"));
  const file = join(dir, "null");
  symlinkSync("/dev/null", file);
  const log = fileAccessLog(file, { now: () => 0, after: () => () => {} }, fail);
  const path = `/${"x".repeat(4 * 1_024 * 1_024)}`;
  for (let i = 0; i < 10; i++) log.write({ ...ENTRY, path });
  await log.close();
  expect(existsSync(`${file}.1`)).toBe(false);
  rmSync(dir, { recursive: true });
});

test("a file that cannot be written costs its lines, is said, and is tried again", async () => {
  const dir = mkdtempSync(join(tmpdir(), "access-log-"));
  const file = join(dir, "access.log");
  mkdirSync(file);
  const errors: string[] = [];
  const log = fileAccessLog(file, { now: () => 0, after: () => () => {} }, (error) => errors.push(error.message));
  while (errors.length === 0) await turn();
  expect(errors).toEqual([expect.stringContaining("EISDIR")]);
  rmdirSync(file);
  log.write(ENTRY);
  await log.close();
  expect(readFileSync(file, "utf8")).toContain("via_upstream");
  rmSync(dir, { recursive: true });
});
