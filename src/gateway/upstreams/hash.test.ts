import { expect, test } from "vitest";
import { destinationRule, named, requestView, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import { explain } from "../explain/explain.ts";
import type { ConsistentHash } from "../objects.ts";
import { seededRandom } from "../random.ts";
import type { HashPolicy } from "../routing/table.ts";
import { hashKeyOf, hashOf, pickByHash } from "./hash.ts";

const endpoints = (count: number) => Array.from({ length: count }, (_, i) => `127.1.0.${i + 1}:8080`);
const keys = Array.from({ length: 6_000 }, (_, i) => hashOf(`user-${i}`));
const place = (items: string[], key: number) => pickByHash(items, items.map(hashOf), key);

test("keys spread evenly", () => {
  const items = endpoints(5);
  const counts = Map.groupBy(keys, (key) => place(items, key));
  for (const item of items) expect(counts.get(item)!.length / keys.length).toBeCloseTo(0.2, 1);
});

test("an endpoint that goes moves its own keys only, and one that comes takes its share only", () => {
  const six = endpoints(6);
  const moved = (fewer: string[]) => keys.filter((key) => place(fewer, key) !== place(six, key));
  for (const gone of six) {
    const fewer = six.filter((each) => each !== gone);
    expect(moved(fewer)).toEqual(keys.filter((key) => place(six, key) === gone));
    expect(moved(fewer).length / keys.length).toBeLessThan(0.22);
  }
});

function key(policy: HashPolicy, headers: Record<string, string> = {}, path = "/") {
  const request = {
    ...requestView({ headers, path }),
    clientAddress: "10.0.0.1",
    connection: "10.0.0.1:5127.0.0.1:80",
    cookie: undefined,
  };
  return hashKeyOf(policy, request, seededRandom(1));
}

test("the key is the header, parameter, address or cookie", () => {
  expect(key({ by: "header", name: "x-user" }, { "x-user": "jane" }).hash).toBe(hashOf("jane"));
  expect(key({ by: "queryParam", name: "u" }, {}, "/?a=1&u=jane").hash).toBe(hashOf("jane"));
  expect(key({ by: "sourceIp" }).hash).toBe(hashOf("10.0.0.1"));
  expect(key(COOKIE, { cookie: 'a=b; user="jane"' })).toEqual({ hash: hashOf("jane"), cookie: undefined });
});

const COOKIE: HashPolicy = { by: "cookie", name: "user", path: "/p", ttlSeconds: 60, attributes: [] };

test("without it any endpoint will do; a cookie with a lifetime is given, one for all requests of a connection", () => {
  const first = seededRandom(1)();
  expect(key({ by: "header", name: "x-user" }).hash).toBe(Math.floor(first * 2 ** 32));
  expect(key({ ...COOKIE, ttlSeconds: undefined }).cookie).toBeUndefined();
  const { hash, cookie } = key(COOKIE);
  const value = /^user="([0-9a-f]{16})"; Max-Age=60; Path=\/p; HttpOnly$/.exec(cookie!)![1]!;
  expect(hash).toBe(hashOf(value));
  expect(key(COOKIE, { cookie: `user="${value}"` }).hash).toBe(hash);
  expect(key(COOKIE)).toEqual({ hash, cookie });
  const session = { ...COOKIE, path: "", ttlSeconds: 0, attributes: [{ name: "SameSite", value: "Lax" }] };
  expect(key(session).cookie).toBe(`user="${value}"; SameSite=Lax; HttpOnly`);
});

const worldWith = (consistentHash: ConsistentHash) =>
  worldOf({
    virtualServices: [virtualService([named("x")])],
    destinationRules: [destinationRule({ trafficPolicy: { loadBalancer: { consistentHash } } })],
  });

test.each<[string, ConsistentHash, string[]]>([
  ["a header", { httpHeaderName: "x-user" }, []],
  ["nothing", {}, [""]],
  ["two keys", { httpHeaderName: "x-user", useSourceIp: true }, [""]],
  ["a cookie without a name", { httpCookie: { ttl: "1s" } }, [".httpCookie.name"]],
  ["a lifetime that is none", { httpCookie: { name: "a", ttl: "x" } }, [".httpCookie.ttl"]],
])("a hash by %s", (_, hash, fields) =>
  expect(compileTable(worldWith(hash)).problems.map(({ field }) => field)).toEqual(
    fields.map((field) => `spec.trafficPolicy.loadBalancer.consistentHash${field}`),
  ),
);

test("an explanation says by what requests stay", () => {
  const { steps } = explain(worldWith({ httpHeaderName: "X-User" }), {
    host: "h",
    method: "GET",
    path: "/",
    headers: {},
  });
  expect(steps.at(-1)!.text).toBe(
    "cluster outbound|80||echo.default.svc.cluster.local keeps requests of equal header x-user at one endpoint",
  );
});
