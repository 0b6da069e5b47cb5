import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/gateway/random.ts";
import { disagreements } from "./agreement.ts";
import { Ledger } from "./ledger.ts";
import { slopeOf } from "./slope.ts";
import { type Findings, faultsOf, growthOf, type Sample } from "./verdict.ts";

/** An hour of samples of 30 s. Memory wanders like a real heap: each sample is near the one before. */
function hour(seed: number, growthMbPerHour: number): Sample[] {
  const random = seededRandom(seed);
  let noise = 0;
  return Array.from({ length: 120 }, (_, i) => {
    noise = 0.7 * noise + (random() - 0.5);
    const hours = (i * 30) / 3_600;
    const heapMb = 30 + noise + growthMbPerHour * hours;
    const sockets = 60 + Math.floor(random() * 20);
    return { afterSeconds: i * 30, rssMb: 150, heapMb, sockets, fileDescriptors: sockets + 20, timers: 3 };
  });
}

const GOOD: Findings = {
  minutes: 60,
  failed: 0,
  sent: 900_000,
  disagreements: [],
  growth: growthOf(hour(1, 0), 60),
  socketsLeft: 0,
  podsCutOff: 0,
  complaints: [],
  churnErrors: [],
  died: undefined,
};

describe("slope", () => {
  it("has an interval that holds the true slope about 19 times of 20, though samples resemble their neighbours", () => {
    const hits = Array.from({ length: 400 }, (_, seed) => {
      const points = hour(seed, 2).map(({ afterSeconds, heapMb }) => ({ hours: afterSeconds / 3_600, value: heapMb }));
      const { low, high } = slopeOf(points)!;
      return low <= 2 && 2 <= high;
    }).filter(Boolean).length;
    expect(hits).toBeGreaterThan(360);
    expect(hits).toBeLessThan(400);
  });

  it("says nothing about a few samples", () => {
    expect(slopeOf([1, 2, 3].map((hours) => ({ hours, value: hours })))).toBeUndefined();
  });
});

describe("verdict", () => {
  it("passes a quiet hour", () => {
    expect(faultsOf(GOOD)).toEqual([]);
  });

  it("finds a leak of 4 MB an hour, and not what happens while it warms up", () => {
    expect(faultsOf({ ...GOOD, growth: growthOf(hour(3, 4), 60) })).toEqual([
      expect.stringMatching(/^heapMb grows by/),
    ]);
    const warming = hour(4, 0).map((sample) => ({ ...sample, rssMb: Math.min(150, 50 + sample.afterSeconds / 4) }));
    expect(faultsOf({ ...GOOD, growth: growthOf(warming, 60) })).toEqual([]);
  });

  it("fails on each thing that must not be", () => {
    expect(faultsOf({ ...GOOD, failed: 1 })).toEqual(["1 of 900000 requests failed"]);
    expect(faultsOf({ ...GOOD, sent: 0 })).toEqual(["no request was sent"]);
    expect(faultsOf({ ...GOOD, socketsLeft: 3 })).toEqual(["3 sockets are left over"]);
    expect(faultsOf({ ...GOOD, podsCutOff: 1 })).toHaveLength(1);
    expect(faultsOf({ ...GOOD, died: "ended with SIGSEGV" })).toHaveLength(1);
    expect(faultsOf({ ...GOOD, complaints: ["a"], churnErrors: ["b"] })).toHaveLength(2);
    expect(faultsOf({ ...GOOD, growth: growthOf([], 60) })).toHaveLength(5);
  });
});

describe("agreement of metrics and clients", () => {
  const line = (code: number, version: string, count: number) =>
    `istio_requests_total{reporter="source",destination_version="${version}",response_code="${code}",response_flags="-"} ${count}`;

  it("compares by status and version what came between two readings", () => {
    const ledger = new Ledger("get");
    for (const version of ["v1", "v1", "v2"]) {
      ledger.sent();
      ledger.add({ kind: "answered", status: 200, version, latencyMs: 1 });
    }
    ledger.add({ kind: "answered", status: 0, version: undefined, latencyMs: 1 });
    const before = line(200, "v1", 10);
    const after = [line(200, "v1", 12), line(200, "v2", 1), line(0, "v2", 1)].join("\n");
    expect(disagreements([ledger], before, after)).toEqual([]);
    expect(disagreements([ledger], "", after)).toEqual([{ answer: "200 v1", clients: 2, metrics: 12 }]);
    expect(disagreements([ledger], before, `${after}\n${line(503, "unknown", 1)}`)).toEqual([
      { answer: "503 unknown", clients: 0, metrics: 1 },
    ]);
  });

  it("tells gRPC's ends apart; at a deadline the client does not know which version was late", () => {
    const ledger = new Ledger("unary");
    ledger.add({ kind: "answered", status: 200, version: "v1", grpcStatus: 0, latencyMs: 1 });
    ledger.add({ kind: "answered", status: 200, version: undefined, grpcStatus: 14, latencyMs: 1 });
    const call = (grpcStatus: number) =>
      `istio_requests_total{destination_version="v1",response_code="200",grpc_response_status="${grpcStatus}"} 1`;
    expect(disagreements([ledger], "", [call(0), call(14)].join("\n"))).toEqual([]);
    expect(disagreements([ledger], "", [call(2), call(14)].join("\n"))).toEqual([
      { answer: "200 v1 grpc 0", clients: 1, metrics: 0 },
      { answer: "200 v1 grpc 2", clients: 0, metrics: 1 },
    ]);
  });
});
