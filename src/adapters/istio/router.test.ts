import { describe } from "vitest";
import { istioRouterConformance } from "../../../testbed/conformance/istio-router.ts";
import { openSandboxCluster } from "../../sandbox/cluster/open.ts";
import { istioRouter } from "./router.ts";

describe("on the sandbox's API", () => {
  istioRouterConformance(async () => {
    let nowMs = Date.parse("2026-11-24T12:00:00Z");
    const clock = { now: () => nowMs, after: () => () => {} };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log });
    return {
      cluster: sandbox.cluster,
      router: istioRouter({ cluster: sandbox.as({ name: "serin" }) }),
      later: async () => {
        nowMs += 1_000;
      },
      close: () => sandbox.close(),
    };
  });
});
