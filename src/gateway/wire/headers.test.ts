// What a gateway adds, takes and overrules by itself; each as a real Envoy behind istiod was seen to do it.

import { describe, expect, test } from "vitest";
import { clientHeaders, edit, emptyFraming, sealed, upstreamHeaders, withLength } from "./headers.ts";

const DATE = "Tue, 24 Nov 2026 06:00:00 GMT";

function passed(...raw: string[]): Record<string, string[]> {
  return byName(
    upstreamHeaders({ raw, host: "shop.example", scheme: "http", remoteAddress: "127.0.0.1", requestId: "id" }),
  );
}

function byName(list: readonly string[]): Record<string, string[]> {
  const map: Record<string, string[]> = {};
  for (let i = 0; i < list.length; i += 2) (map[list[i]!] ??= []).push(list[i + 1]!);
  return map;
}

describe("x-forwarded-for", () => {
  test.each([
    [[], "127.0.0.1"],
    [["X-Forwarded-For", "1.2.3.4"], "1.2.3.4,127.0.0.1"],
    [["x-forwarded-for", "1.2.3.4", "x-forwarded-for", "5.6.7.8"], "1.2.3.4,5.6.7.8,127.0.0.1"],
    [["x-forwarded-for", ""], "127.0.0.1"],
  ])("%j becomes %s", (raw, value) => {
    expect(passed(...raw)["x-forwarded-for"]).toEqual([value]);
  });
});

test("a client cannot pass what only a proxy may say", () => {
  const seen = passed(
    "x-envoy-original-host",
    "h",
    "X-Envoy-Original-Path",
    "/p",
    "x-envoy-retry-on",
    "5xx",
    "x-own",
    "1",
  );
  expect(
    Object.keys(seen).filter((name) => name.startsWith("x-envoy-original") || name === "x-envoy-retry-on"),
  ).toEqual([]);
  expect(seen["x-own"]).toEqual(["1"]);
});

test("of some headers several lines become one", () => {
  expect(passed("Accept", "a", "x-own", "1", "accept", "b", "x-own", "2")).toMatchObject({
    accept: ["a,b"],
    "x-own": ["1", "2"],
  });
  expect(byName(clientHeaders({ vary: ["a", "b"], link: ["a", "b"] }, 1))).toMatchObject({
    vary: ["a,b"],
    link: ["a", "b"],
  });
});

describe("the end of an answer's head", () => {
  const answer = clientHeaders({ server: "nginx", date: DATE, "x-envoy-decorator-operation": "d", "x-r": "1" }, 4.6);

  test("the upstream's date stays, its server does not", () => {
    expect(byName(sealed(answer, "now"))).toEqual({
      date: [DATE],
      "x-r": ["1"],
      "x-envoy-upstream-service-time": ["5"],
      server: ["istio-envoy"],
    });
  });

  test("operations can neither set nor take server, nor take date", () => {
    const set = edit(answer, { remove: ["date"], write: [{ name: "server", value: "mine", append: false }] });
    const { date, server } = byName(sealed(set, "now"));
    expect({ date, server }).toEqual({ date: ["now"], server: ["istio-envoy"] });
  });
});

describe("an answer of the gateway's own", () => {
  test.each([
    ["GET", 404, { "content-length": ["0"] }],
    ["HEAD", 404, { "transfer-encoding": ["chunked"] }],
    ["GET", 204, {}],
    ["GET", 304, {}],
  ])("%s, %i without a body", (method, code, headers) => {
    expect(byName(emptyFraming(method, code))).toEqual(headers);
  });

  test("a body is plain text of known length", () => {
    expect(byName(withLength([], 19))).toEqual({ "content-length": ["19"], "content-type": ["text/plain"] });
  });

  test("a content type that the route set stays", () => {
    expect(byName(withLength(["content-type", "application/json"], 2))["content-type"]).toEqual(["application/json"]);
  });
});
