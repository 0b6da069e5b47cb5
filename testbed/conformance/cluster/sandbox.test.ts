// The suite on the sandbox's own implementation.

import { afterAll, beforeAll, describe, test } from "vitest";
import { openSandboxCluster, type SandboxCluster } from "../../../src/sandbox/cluster/open.ts";
import { runCase, SUITE } from "./suite.ts";
import { realClock, SILENT } from "./surroundings.ts";

let sandbox: SandboxCluster;
beforeAll(async () => {
  // A short history, so that an old version is really gone.
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock: realClock, log: SILENT, historyLimit: 50 });
});
afterAll(() => sandbox.close());

for (const [area, cases] of Object.entries(SUITE))
  describe(area, () => {
    for (const each of cases) test(each.name, () => runCase(sandbox.as({ name: "conformance" }), each));
  });
