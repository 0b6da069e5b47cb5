import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { PortError } from "../wire/listen.ts";
import { Stats } from "./stats.ts";
import { serveStats } from "./stats-server.ts";

test("the metrics are served on the first port that is free, and a port in use names the flag for it", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port: taken } = other.address() as AddressInfo;
  const server = await serveStats(new Stats(), [taken, 0]);
  try {
    expect(server.port).not.toBe(taken);
    expect((await fetch(`http://127.0.0.1:${server.port}/stats/prometheus`)).status).toBe(200);
    const failure: unknown = await serveStats(new Stats(), [taken]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PortError);
    expect((failure as PortError).message).toContain(`metrics cannot be served: 127.0.0.1:${taken} is in use`);
    expect((failure as PortError).message).toContain("another port with --stats-port.");
  } finally {
    await server.close();
    other.close();
  }
});
