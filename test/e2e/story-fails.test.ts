// A story that cannot hold says so and ends with a code that says so.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import { SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Service } from "../../src/core/kubernetes/workload.ts";
import type { Report } from "../../src/story/report.ts";
import { place, runSerin } from "./serin-process.ts";

let remove: () => void = () => {};
afterEach(() => remove());

it("leaves somebody else's echo service alone, and exits with 1 and a report that tells why", async () => {
  const where = await place();
  const home = ["--home", where.home];
  remove = () => where.remove();
  expect(await runSerin(["up", "-d", ...where.flags])).toMatchObject({ code: 0 });
  const options = { kubeconfig: join(where.home, "kubeconfig"), env: {}, clock: systemClock() };
  const { cluster } = await connect(options);
  const key = { name: "echo", namespace: "default" };
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: key,
    spec: { selector: { app: "mine" }, ports: [{ port: 80 }] },
  };
  const mine = await cluster.create(SERVICES, service);
  expect(await runSerin(["down", ...home])).toMatchObject({ code: 0 });

  const { code, text } = await runSerin(["demo", "--once", "--fast", ...where.flags]);
  expect(code, text).toBe(1);
  expect(text).toContain("service/echo in namespace default is not the story's own");
  const report = JSON.parse(readFileSync(join(where.home, "report", "report.json"), "utf8")) as Report;
  expect(report).toMatchObject({ held: false, failures: [expect.stringContaining("service/echo")] });
  expect(existsSync(join(where.home, "lock"))).toBe(false);

  expect(await runSerin(["up", "-d", ...where.flags])).toMatchObject({ code: 0 });
  const again = await connect(options);
  expect((await again.cluster.get(SERVICES, key)).metadata.uid).toBe(mine.metadata.uid);
  expect(await runSerin(["down", ...home])).toMatchObject({ code: 0 });
});
