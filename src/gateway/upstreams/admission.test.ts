import { expect, test } from "vitest";
import { destinationRule, named, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import type { ConnectionPool } from "../objects.ts";
import { Admission, type Ticket } from "./admission.ts";

function started() {
  const ran: string[] = [];
  const ticket = (name: string, host: object, isConnected = true) => ({
    host,
    isConnected: () => isConnected,
    run: () => void ran.push(name),
  });
  return { ran, ticket };
}

test("so many run, so many wait, others are turned away; who leaves lets the next one in", () => {
  const { ran, ticket } = started();
  const host = {};
  const admission = new Admission({ maxConnections: 2, maxPending: 1, maxRequests: Infinity });
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => ticket(name, host));
  expect([a!, b!, c!, d!].map((each) => admission.enter(each))).toEqual([true, true, true, false]);
  expect([ran.join(""), admission.isWaiting(c!)]).toEqual(["ab", true]);
  admission.leave(b!);
  expect(ran.join("")).toBe("abc");
  admission.started(c!);
  expect(admission.enter(d!)).toBe(true);
  admission.leave(d!);
  admission.leave(a!);
  admission.leave(c!);
  expect(ran.join("")).toBe("abc");
});

test("whose connection is still being made counts as waiting", () => {
  const { ran, ticket } = started();
  const admission = new Admission({ maxConnections: 3, maxPending: 1, maxRequests: Infinity });
  const host = {};
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => ticket(name, host, false)) as [
    Ticket,
    Ticket,
    Ticket,
    Ticket,
  ];
  expect([a, b].map((each) => admission.enter(each))).toEqual([true, false]);
  admission.started(a);
  expect([b, c].map((each) => admission.enter(each))).toEqual([true, false]);
  admission.leave(b);
  expect(admission.enter(c)).toBe(true);
  admission.started(c);
  expect(admission.enter(ticket("e", host))).toBe(true);
  // Full: now it is for a connection that it waits.
  expect([admission.enter(d), admission.isWaiting(d)]).toEqual([true, true]);
  expect(ran.join("")).toBe("abce");
});

test("every host may have one connection", () => {
  const { ran, ticket } = started();
  const admission = new Admission({ maxConnections: 1, maxPending: 1, maxRequests: Infinity });
  expect(admission.enter(ticket("a", {}))).toBe(true);
  expect(admission.enter(ticket("b", {}))).toBe(true);
  expect(ran).toEqual(["a", "b"]);
});

test("beyond the number of requests nobody waits", () => {
  const { ran, ticket } = started();
  const admission = new Admission({ maxConnections: Infinity, maxPending: Infinity, maxRequests: 1 });
  const [a, b] = [ticket("a", {}), ticket("b", {})];
  expect([a, b].map((each) => admission.enter(each))).toEqual([true, false]);
  admission.leave(a);
  expect(admission.enter(b)).toBe(true);
  expect(ran).toEqual(["a", "b"]);
});

test.each<[ConnectionPool, string[], object]>([
  [{ tcp: { maxConnections: 3 } }, [], { limits: { maxConnections: 3, maxPending: Infinity } }],
  [
    { tcp: { maxConnections: 3 }, http: { http1MaxPendingRequests: 1 } },
    [],
    { limits: { maxConnections: 3, maxPending: 1 } },
  ],
  [{ http: { http1MaxPendingRequests: 1 } }, [], { limits: { maxConnections: Infinity, maxPending: 1 } }],
  [{ http: { http2MaxRequests: 3 } }, [], { limits: { maxConnections: Infinity, maxRequests: 3 } }],
  [{ http: { maxRetries: 3 } }, [], { limits: undefined, retryCeiling: { by: "number", maxRetries: 3 } }],
  [{ http: { maxRetries: 0 } }, [], { retryCeiling: undefined }],
  [{ http: { maxRetries: -1 } }, [".http.maxRetries"], {}],
  [{ http: { idleTimeout: "5s" }, tcp: { idleTimeout: "7s" } }, [], { transport: { idleTimeoutMs: 5_000 } }],
  [{ tcp: { idleTimeout: "0s" } }, [], { transport: { idleTimeoutMs: 0 } }],
  [{ http: { idleTimeout: "0s" } }, [".http.idleTimeout"], {}],
  [{ tcp: { maxConnectionDuration: "1m" } }, [], { transport: { maxConnectionAgeMs: 60_000 } }],
  [{ http: { maxRequestsPerConnection: 1 } }, [], { transport: { maxRequestsPerConnection: 1 } }],
  [{ tcp: { connectTimeout: "1s" } }, [], { transport: { connectTimeoutMs: 1_000 } }],
  [{ tcp: { maxConnections: -1 } }, [".tcp.maxConnections"], {}],
  [{}, [""], {}],
])("%j", (connectionPool, fields, expected) => {
  const world = worldOf({
    virtualServices: [virtualService([named("x")])],
    destinationRules: [destinationRule({ trafficPolicy: { connectionPool } })],
  });
  const { problems, table } = compileTable(world);
  expect(problems.map(({ field }) => field)).toEqual(fields.map((each) => `spec.trafficPolicy.connectionPool${each}`));
  expect([...table.clusters.values()][0]).toMatchObject(expected);
});
