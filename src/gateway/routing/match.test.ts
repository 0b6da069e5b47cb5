import { array, assert, boolean, constantFrom, oneof, option, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  gateway,
  named,
  nameOf,
  requestView,
  routeOf,
  type TestRequest,
  virtualService,
  worldOf,
} from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import type { HttpMatch, HttpRoute } from "../objects.ts";
import { mismatch, queryParam } from "./match.ts";

describe("host specificity: exact, then the longest wildcard, then *", () => {
  const world = worldOf({
    virtualServices: [
      virtualService([named("any")], { hosts: ["*"] }),
      virtualService([named("short")], { hosts: ["*.example"] }),
      virtualService([named("long")], { hosts: ["*.shop.example"] }),
      virtualService([named("exact")], { hosts: ["shop.example"] }),
      virtualService([named("service")], { hosts: ["echo"] }),
    ],
  });
  test.each([
    ["shop.example", "exact"],
    ["SHOP.Example", "exact"],
    ["shop.example:8080", "exact"],
    ["a.shop.example", "long"],
    ["a.b.shop.example:80", "long"],
    ["other.example", "short"],
    [".example", "any"],
    ["example", "any"],
    ["[::1]:8080", "any"],
    ["echo.default.svc.cluster.local", "service"],
    ["echo", "any"],
  ])("%s -> %s", (host, name) => {
    expect(nameOf(world, { host })).toBe(name);
  });
});

describe("one condition each", () => {
  const rows: [string, HttpMatch, TestRequest, boolean][] = [
    ["exact uri", { uri: { exact: "/a" } }, { path: "/a?x=1" }, true],
    ["exact uri, other", { uri: { exact: "/a" } }, { path: "/a/" }, false],
    ["exact uri, case", { uri: { exact: "/a" } }, { path: "/A" }, false],
    ["exact uri, case ignored", { uri: { exact: "/aB" }, ignoreUriCase: true }, { path: "/Ab" }, true],
    ["prefix", { uri: { prefix: "/a" } }, { path: "/abc" }, true],
    ["prefix, case ignored", { uri: { prefix: "/A" }, ignoreUriCase: true }, { path: "/abc" }, true],
    ["prefix, other", { uri: { prefix: "/a/" } }, { path: "/a" }, false],
    ["prefix /", { uri: { prefix: "/" } }, { path: "/x" }, true],
    ["regex is a full match", { uri: { regex: "/a" } }, { path: "/abc" }, false],
    ["regex", { uri: { regex: "/a.*" } }, { path: "/abc" }, true],
    ["regex without query", { uri: { regex: "/a" } }, { path: "/a?b" }, true],
    ["method", { method: { exact: "POST" } }, { method: "POST" }, true],
    ["method, other", { method: { exact: "POST" } }, {}, false],
    ["method regex", { method: { regex: "GET|HEAD" } }, { method: "HEAD" }, true],
    ["authority keeps its port", { authority: { exact: "shop.example:81" } }, { host: "shop.example:81" }, true],
    ["authority is compared as sent", { authority: { exact: "shop.example" } }, { host: "Shop.example" }, false],
    ["scheme", { scheme: { exact: "http" } }, {}, true],
    ["scheme https", { scheme: { exact: "https" } }, {}, false],
    ["header", { headers: { "X-User": { exact: "jane" } } }, { headers: { "x-user": "jane" } }, true],
    [
      "header value keeps its case",
      { headers: { "x-user": { exact: "jane" } } },
      { headers: { "x-user": "Jane" } },
      false,
    ],
    ["header absent", { headers: { "x-user": { exact: "" } } }, {}, false],
    ["header present", { headers: { "x-user": {} } }, { headers: { "x-user": "" } }, true],
    ["header prefix", { headers: { "x-user": { prefix: "ja" } } }, { headers: { "x-user": "jane" } }, true],
    [
      "two headers, one wrong",
      { headers: { a: { exact: "1" }, b: { exact: "2" } } },
      { headers: { a: "1", b: "3" } },
      false,
    ],
    ["without header, absent", { withoutHeaders: { "x-old": {} } }, {}, true],
    ["without header, present", { withoutHeaders: { "x-old": {} } }, { headers: { "x-old": "" } }, false],
    [
      "without value, other value",
      { withoutHeaders: { "x-old": { exact: "1" } } },
      { headers: { "x-old": "2" } },
      true,
    ],
    ["without value, absent is empty", { withoutHeaders: { "x-old": { exact: "" } } }, {}, false],
    ["query", { queryParams: { v: { exact: "2" } } }, { path: "/?a=1&v=2" }, true],
    ["query, first value counts", { queryParams: { v: { exact: "2" } } }, { path: "/?v=1&v=2" }, false],
    ["query name keeps its case", { queryParams: { v: { exact: "2" } } }, { path: "/?V=2" }, false],
    ["query present", { queryParams: { v: {} } }, { path: "/?v" }, true],
    ["query regex", { queryParams: { v: { regex: "\\d+" } } }, { path: "/?v=12" }, true],
    ["port", { port: 80 }, {}, true],
    ["other port", { port: 443 }, {}, false],
    ["this gateway", { gateways: ["gw"] }, {}, true],
    ["mesh only", { gateways: ["mesh"] }, {}, false],
    ["mesh and this gateway", { gateways: ["mesh", "default/gw"] }, {}, true],
    ["source labels of the gateway", { sourceLabels: { istio: "ingressgateway" } }, {}, true],
    ["source labels of somebody", { sourceLabels: { app: "web" } }, {}, false],
    ["source namespace", { sourceNamespace: "istio-system" }, {}, true],
    ["other source namespace", { sourceNamespace: "default" }, {}, false],
    ["a gateway replaces the source's labels", { gateways: ["gw"], sourceLabels: { app: "web" } }, {}, true],
  ];
  test.each(rows)("%s", (_, match, request, matches) => {
    const world = worldOf({ virtualServices: [virtualService([named("hit", { match: [match] }), named("miss")])] });
    expect(nameOf(world, request)).toBe(matches ? "hit" : "miss");
  });
});

describe("order", () => {
  test("the first route that matches wins, even when a later one is more specific", () => {
    const world = worldOf({
      virtualServices: [
        virtualService([
          named("prefix", { match: [{ uri: { prefix: "/a" } }] }),
          named("exact", { match: [{ uri: { exact: "/a" } }] }),
          named("rest"),
        ]),
      ],
    });
    expect([nameOf(world, { path: "/a" }), nameOf(world, { path: "/b" })]).toEqual(["prefix", "rest"]);
  });

  test("any match of a route is enough; all conditions of a match are needed", () => {
    const world = worldOf({
      virtualServices: [
        virtualService([
          named("hit", {
            match: [
              { uri: { exact: "/a" }, method: { exact: "POST" } },
              { name: "second", uri: { exact: "/b" } },
            ],
          }),
        ]),
      ],
    });
    expect([
      nameOf(world, { path: "/a" }),
      nameOf(world, { path: "/a", method: "POST" }),
      nameOf(world, { path: "/b" }),
    ]).toEqual(["404", "hit", "hit.second"]);
  });

  test("several VirtualServices on one host: oldest first, catch-alls last", () => {
    const first = virtualService([named("one", { match: [{ uri: { prefix: "/one" } }] }), named("catch-all-1")]);
    const second = virtualService([named("two", { match: [{ uri: { prefix: "/two" } }] }), named("catch-all-2")]);
    const world = worldOf({ virtualServices: [second, first] });
    expect([nameOf(world, { path: "/one" }), nameOf(world, { path: "/two" }), nameOf(world, { path: "/x" })]).toEqual([
      "one",
      "two",
      "catch-all-1",
    ]);
  });

  test("what follows a route that matches everything is left out, the regex .* included", () => {
    const all = named("all", { match: [{ uri: { regex: ".*" } }, { uri: { exact: "/a" } }] });
    const world = worldOf({
      virtualServices: [virtualService([all, named("never", { match: [{ uri: { exact: "/b" } }] })])],
    });
    expect(["/a", "/b", "/c"].map((path) => nameOf(world, { path }))).toEqual(["all", "all", "all"]);
    expect(compileTable(world).table.ports.get(80)!.suffixes.get("")!.routes).toHaveLength(1);
  });

  test("one without a route for this gateway does not claim its hosts", () => {
    const nowhere = virtualService([named("mesh", { match: [{ gateways: ["mesh"] }] })], { hosts: ["shop.example"] });
    expect(nameOf(worldOf({ virtualServices: [nowhere, virtualService([named("any")])] }), {})).toBe("any");
  });

  test("a VirtualService of the mesh, of another gateway or not exported does not apply", () => {
    const world = worldOf({
      virtualServices: [
        virtualService([named("mesh")], { gateways: undefined }),
        virtualService([named("other")], { gateways: ["other/gw"] }),
        virtualService([named("private")], { exportTo: ["."] }),
      ],
    });
    expect(nameOf(world, {})).toBe("404");
  });

  test("a Gateway's hosts narrow and order by namespace: ns/host, ./host, */host", () => {
    const servers = (hosts: string[]) => [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts }];
    const world = (hosts: string[]) =>
      worldOf({
        gateways: [gateway({ servers: servers(hosts) })],
        virtualServices: [virtualService([named("hit")], { hosts: ["*.shop.example"] })],
      });
    const answer = (hosts: string[], host: string) => nameOf(world(hosts), { host });
    expect(answer(["a.shop.example"], "a.shop.example")).toBe("hit");
    expect(answer(["a.shop.example"], "b.shop.example")).toBe("404");
    expect(answer(["default/*.example"], "b.shop.example")).toBe("hit");
    expect(answer(["other/*"], "b.shop.example")).toBe("404");
    expect(answer(["./*", "other/*"], "b.shop.example")).toBe("hit");
    expect(answer(["*/*"], "b.shop.example")).toBe("hit");
  });
});

describe("the index", () => {
  const texts = constantFrom("/", "/a", "/a/", "/a/b", "/ab", "/b", "/B/c", "/a/b/c");
  const uri = oneof(
    texts.map((exact) => ({ exact })),
    texts.map((prefix) => ({ prefix })),
    constantFrom("/a.*", "/b", ".*", "/[ab]/c").map((regex) => ({ regex })),
  );
  const match = record({
    uri,
    ignoreUriCase: boolean(),
    method: option(constantFrom({ exact: "GET" }, { exact: "POST" }), { nil: undefined }),
  });

  test("finds what trying every route in order finds", () => {
    assert(
      property(
        array(match, { minLength: 9, maxLength: 40 }),
        texts,
        constantFrom("GET", "POST"),
        (matches, path, method) => {
          const routes = matches.map((each, i): HttpRoute => named(String(i), { match: [each] }));
          const { table } = compileTable(worldOf({ virtualServices: [virtualService(routes)] }));
          const all = table.ports.get(80)!.suffixes.get("")!.routes;
          const expected = all.find((route) => mismatch(route, requestView({ path, method })) === undefined);
          expect(routeOf(table, { path, method })).toBe(expected);
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});

test("query parameters are read as written", () => {
  expect([
    queryParam("a=1&b&c=%20", "a"),
    queryParam("a=1&b&c=%20", "b"),
    queryParam("a=1&b&c=%20", "c"),
    queryParam("", "a"),
  ]).toEqual(["1", "", "%20", undefined]);
});
