// The program of an endpoint's pod, as a process: what the differential suite sees through it is what it would see without it.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fleet, startFleet } from "../../testbed/differential/fleet.ts";
import { WireClient } from "../../testbed/differential/wire.ts";
import { freePort } from "../../testbed/free-ports.ts";

let fleet: Fleet;
let relay: ChildProcess;
let client: WireClient;
let relayPort: number;

beforeAll(async () => {
  fleet = await startFleet();
  relayPort = await freePort();
  const program = join(import.meta.dirname, "..", "..", "testbed", "differential", "fleet-relay.ts");
  relay = spawn(process.execPath, [program, "127.0.0.121", `${relayPort}:${fleet.ports.main}`], { stdio: "inherit" });
  client = new WireClient(() => ({ host: "127.0.0.1", port: relayPort }));
  for (let left = 100; (await client.send({ host: "a" }, "ready")).status !== 200; left--) {
    if (left === 0) throw new Error("the relay does not answer");
    await sleep(50);
  }
});

afterAll(async () => {
  client.close();
  relay.kill();
  await fleet.close();
});

test("requests pass, and the fleet sees them", async () => {
  await fleet.expect("plain", [{ status: 201, body: "x".repeat(200_000) }]);
  const answer = await client.send({ method: "POST", host: "a", path: "/p", body: "y".repeat(200_000) }, "plain");
  expect([answer.status, answer.body.length]).toEqual([201, 200_000]);
  const seen = await fleet.take("plain");
  expect(seen).toMatchObject([{ endpoint: "v1-a", method: "POST", url: "/p" }]);
  expect(seen[0]!.body).toHaveLength(200_000);
});

test("HTTP/2 with trailers passes", async () => {
  await fleet.expect("h2", [{ status: 200, trailers: [["x-end", "1"]] }]);
  const answer = await client.send({ host: "a", protocol: "h2c" }, "h2");
  expect([answer.status, answer.rawTrailers]).toEqual([200, ["x-end", "1"]]);
  expect(await fleet.take("h2")).toMatchObject([{ protocol: "HTTP/2" }]);
});

test("a broken connection is broken here, too, and no answer is made up", async () => {
  await fleet.expect("reset", ["reset"]);
  const started = performance.now();
  const answer = await client.send({ host: "a" }, "reset");
  expect([answer.status, answer.failure]).toEqual([0, "ECONNRESET"]);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(await fleet.take("reset")).toHaveLength(1);
});

test("what both sides say after a switch of protocols passes, and the end of it", async () => {
  const headers = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
  ] as const;
  await fleet.expect("talk", [{ status: 101, headers, closesAfterBytes: 6 }]);
  const answer = await client.send({ host: "a", headers, talk: { say: ["abc", "def"], endedBy: "upstream" } }, "talk");
  expect([answer.status, answer.body]).toEqual([101, "abcdef"]);
});
