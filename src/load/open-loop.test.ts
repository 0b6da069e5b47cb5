import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startOpenLoop } from "./open-loop.ts";
import { failuresNotOf, Tally } from "./tally.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

describe("open-loop client", () => {
  it("sends on time while the server is silent, and counts latency from the due moment", async () => {
    let answering = false;
    const waiting: (() => void)[] = [];
    const url = await serve((_, response) => {
      const answer = () => response.end("hello v1");
      if (answering) answer();
      else waiting.push(answer);
    });
    const tally = new Tally();
    const load = startOpenLoop({ url, ratePerSecond: 200, requests: 100 }, tally);
    await until(() => load.sent === 100);
    expect(tally.read().done).toBe(0);
    answering = true;
    for (const answer of waiting) answer();
    await load.finished;
    const { versions, latencyMs } = tally.read();
    expect(versions).toEqual({ v1: { ok: 100, failed: 0 } });
    // The first was due half a second before the last: it waited that long.
    expect(latencyMs.max).toBeGreaterThan(450);
    expect(latencyMs.p50).toBeGreaterThan(200);
  });

  it("tells whose a failure is by the version's marker", async () => {
    let n = 0;
    const url = await serve((request, response) => {
      n++;
      if (n % 4 === 1) response.writeHead(500, { "x-echo-version": "v3" }).end("planned failure");
      else if (n % 4 === 2) response.writeHead(503).end("no healthy upstream");
      else if (n % 4 === 3) request.socket.destroy();
      else response.end("hello from v2\n");
    });
    const tally = new Tally();
    await startOpenLoop({ url, ratePerSecond: 400, requests: 80 }, tally).finished;
    const reading = tally.read();
    expect(reading.versions).toEqual({
      none: { ok: 0, failed: 20 },
      v2: { ok: 20, failed: 0 },
      v3: { ok: 0, failed: 20 },
    });
    expect(reading.codes).toEqual({ 0: 20, 200: 20, 500: 20, 503: 20 });
    expect(failuresNotOf(reading, "v3")).toBe(40);
    expect(reading.failures["503 from the gateway"]).toBe(20);
  });

  it("counts time-outs, refused connections and answers that end early, each by its cause", async () => {
    const silent = new Tally();
    const slow = await serve(() => {});
    await startOpenLoop({ url: slow, ratePerSecond: 100, requests: 3, timeoutMs: 60 }, silent).finished;
    expect(silent.read().failures).toEqual({ timeout: 3 });

    const closed = new Tally();
    await startOpenLoop({ url: "http://127.0.0.1:1/", ratePerSecond: 100, requests: 3 }, closed).finished;
    expect(closed.read().failures).toEqual({ refused: 3 });

    const early = new Tally();
    const cut = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("v1");
      setTimeout(() => response.destroy(), 5);
    });
    await startOpenLoop({ url: cut, ratePerSecond: 100, requests: 3 }, early).finished;
    expect(early.read().codes).toEqual({ 0: 3 });
  });

  it("counts a request where it was sent, though its answer comes later", async () => {
    const waiting: (() => void)[] = [];
    const url = await serve((_, response) => void waiting.push(() => response.end("v1")));
    const [before, after] = [new Tally(), new Tally()];
    const load = startOpenLoop({ url, ratePerSecond: 200 }, before);
    await until(() => load.sent >= 10);
    load.count(after);
    await until(() => after.read().sent >= 10);
    const stopped = load.stop();
    await until(() => waiting.length === load.sent);
    for (const answer of waiting) answer();
    await stopped;
    expect(before.read().done).toBe(before.read().sent);
    expect(after.read().done).toBe(after.read().sent);
    expect(before.read().sent + after.read().sent).toBe(load.sent);
  });

  it("lets what is due beyond its limit wait, and hides nothing of the wait", async () => {
    const url = await serve((_, response) => void setTimeout(() => response.end("v1"), 50));
    const tally = new Tally();
    const load = startOpenLoop({ url, ratePerSecond: 1_000, requests: 40, maxInFlight: 10 }, tally);
    await load.finished;
    const { versions, latencyMs } = tally.read();
    expect(versions).toEqual({ v1: { ok: 40, failed: 0 } });
    // Four rounds of 50 ms: the last ones were due at 40 ms and answered after 200 ms.
    expect(latencyMs.max).toBeGreaterThan(150);
    expect(load.latestMs).toBeGreaterThan(100);
  });

  it("times out what waited too long for a place", async () => {
    const url = await serve(() => {});
    const tally = new Tally();
    const load = startOpenLoop({ url, ratePerSecond: 500, requests: 20, maxInFlight: 5, timeoutMs: 200 }, tally);
    await load.finished;
    expect(tally.read().failures).toEqual({ timeout: 20 });
  });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    if (waitedMs > 5_000) throw new Error("waited 5 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
