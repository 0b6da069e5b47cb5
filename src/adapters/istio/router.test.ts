import { describe, expect, it } from "vitest";
import { istioRouterConformance } from "../../../testbed/conformance/istio-router.ts";
import { type Cluster, ClusterError } from "../../ports/cluster.ts";
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

describe("what the cluster refuses while resolving", () => {
  const query = { namespace: "default", stable: "echo-v1", canary: "echo-v2" };
  const resolveWith = (failure: ClusterError) => {
    const cluster = { get: () => Promise.reject(failure), list: () => Promise.reject(failure) } as unknown as Cluster;
    return istioRouter({ cluster }).resolve(query);
  };

  it("is a problem to cure when Istio is not there", async () => {
    const answer = await resolveWith(new ClusterError("NotFound", "the server could not find the requested resource"));
    expect(answer).toMatchObject({ ok: false, reason: "IstioNotInstalled" });
  });

  it("is a problem to cure when rights are missing", async () => {
    const answer = await resolveWith(new ClusterError("Forbidden", "virtualservices is forbidden: serin cannot list"));
    expect(answer).toEqual({
      ok: false,
      reason: "Forbidden",
      message: "virtualservices is forbidden: serin cannot list; grant it as in deploy/rbac.yaml",
    });
  });

  it("passes on when the cluster does not answer", async () => {
    await expect(resolveWith(new ClusterError("Unreachable", "no answer"))).rejects.toThrow("no answer");
  });
});
