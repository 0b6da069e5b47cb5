import { expect, test } from "vitest";
import { named, requestView, routeOf, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import { explain } from "../explain/explain.ts";
import type { HttpCors } from "../objects.ts";
import type { ForwardAction } from "../routing/table.ts";
import { judgeCors } from "./cors.ts";

const FULL: HttpCors = {
  allowOrigins: [{ exact: "http://a.test" }, { prefix: "http://p" }, { regex: "https?://r[0-9]+" }],
  allowMethods: ["GET", "POST"],
  allowHeaders: ["x-a", "x-b"],
  exposeHeaders: ["x-e", "x-f"],
  maxAge: "60s",
  allowCredentials: true,
};

const worldWith = (corsPolicy: HttpCors) =>
  worldOf({ virtualServices: [virtualService([named("x", { corsPolicy })])] });

const fieldsOf = (policy: HttpCors) => compileTable(worldWith(policy)).problems.map(({ field }) => field);

function verdict(policy: HttpCors, method: string, headers: Record<string, string>) {
  const action = routeOf(compileTable(worldWith(policy)).table, {})!.action as ForwardAction;
  const { preflight, response } = judgeCors(action.filters!.cors!, requestView({ method, headers }));
  const written = response?.write.map(({ name, value }) => `${name}: ${value}`);
  return { preflight: preflight?.join(" "), response: written };
}

const PREFLIGHT = { "access-control-request-method": "GET" };
const ALLOWED = [
  "access-control-allow-origin: http://a.test",
  "access-control-allow-credentials: true",
  "access-control-expose-headers: x-e,x-f",
];

test("an allowed origin's answers are marked", () => {
  expect(verdict(FULL, "POST", { origin: "http://a.test" })).toEqual({ preflight: undefined, response: ALLOWED });
  expect(verdict(FULL, "OPTIONS", { origin: "http://a.test" }).response).toEqual(ALLOWED);
});

test("a preflight of an allowed origin is answered with what is allowed, whatever method it asks for", () => {
  const rest =
    "access-control-allow-credentials true access-control-allow-methods GET,POST access-control-allow-headers x-a,x-b access-control-max-age 60 access-control-expose-headers x-e,x-f";
  for (const asked of ["GET", "DELETE"])
    expect(
      verdict(FULL, "OPTIONS", { origin: "http://a.test", "access-control-request-method": asked }).preflight,
    ).toBe(`access-control-allow-origin http://a.test ${rest}`);
});

test.each([
  ["exact", "http://a.test", true],
  ["not exact", "http://a.test.evil", false],
  ["another case", "http://A.test", false],
  ["prefix", "http://p.x", true],
  ["regex", "https://r12", true],
  ["a part of the regex", "https://r12x", false],
  ["two lines", "http://a.test,http://b.test", false],
])("origin by %s", (_, origin, allowed) =>
  expect(verdict(FULL, "GET", { origin }).response !== undefined).toBe(allowed),
);

test("a star allows every origin; no policy allows none", () => {
  for (const star of [{ exact: "*" }, { prefix: "*" }, { regex: "\\*" }])
    expect(verdict({ allowOrigins: [star] }, "GET", { origin: "http://z" }).response).toEqual([
      "access-control-allow-origin: http://z",
    ]);
  expect(verdict({}, "OPTIONS", { origin: "http://z", ...PREFLIGHT })).toEqual({});
  expect(verdict({ allowOrigin: ["http://z"] }, "GET", { origin: "http://z" }).response).toBeDefined();
});

test("another origin's preflight goes on, or is answered without the origin when it is to be ignored", () => {
  const headers = { origin: "http://b.test", ...PREFLIGHT };
  expect(verdict(FULL, "OPTIONS", headers)).toEqual({});
  expect(verdict({ ...FULL, unmatchedPreflights: "IGNORE" }, "OPTIONS", headers).preflight).toBe(
    "access-control-allow-credentials true access-control-allow-methods GET,POST access-control-allow-headers x-a,x-b access-control-max-age 60",
  );
  expect(verdict({ ...FULL, unmatchedPreflights: "IGNORE" }, "GET", headers)).toEqual({});
});

test("without an origin nothing happens", () => {
  expect(verdict(FULL, "OPTIONS", PREFLIGHT)).toEqual({});
  expect(verdict(FULL, "GET", { origin: "" })).toEqual({});
});

test.each<[string, HttpCors, string]>([
  ["an empty origin", { allowOrigins: [{ exact: "" }] }, "allowOrigins[0]"],
  ["no origin", { allowOrigins: [{}] }, "allowOrigins[0]"],
  ["a regex that RE2 does not know", { allowOrigins: [{ regex: "(?!a)" }] }, "allowOrigins[0].regex"],
  ["a method", { allowMethods: ["GET", "get"] }, "allowMethods[1]"],
  ["a header", { allowHeaders: ["a b"] }, "allowHeaders[0]"],
  ["a time", { maxAge: "1.5s" }, "maxAge"],
])("what Istio refuses: %s", (_, policy, field) =>
  expect(fieldsOf(policy)).toEqual([`spec.http[0].corsPolicy.${field}`]),
);

test("an explanation names the origins", () => {
  const { steps } = explain(worldWith(FULL), { host: "h", method: "GET", path: "/", headers: {} });
  expect(steps.map(({ text }) => text)).toContain(
    "CORS: allows origins exact http://a.test, prefix http://p, regex https?://r[0-9]+; preflights of others go to the backend",
  );
});

test("a star alone is answered with what was asked for, among others it stays a star", () => {
  const asked = { ...PREFLIGHT, origin: "http://a.test", "access-control-request-headers": "x-q" };
  const answer = (names: string[]) => verdict({ ...FULL, allowMethods: names, allowHeaders: names }, "OPTIONS", asked);
  expect(answer(["*"]).preflight).toContain("allow-methods GET access-control-allow-headers x-q");
  expect(answer(["*", "GET"]).preflight).toContain("allow-methods *,GET access-control-allow-headers *,GET");
});
