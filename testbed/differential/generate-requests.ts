// Requests that have a fair chance of meeting what generate.ts routes.

import { type Arbitrary, array, constant, constantFrom, oneof, option, record, tuple } from "fast-check";
import type { CaseRequest, UpstreamStep } from "./case.ts";

export const PATHS = [
  "/",
  "/a",
  "/a/",
  "/a/b",
  "/A",
  "/ab",
  "/b",
  "/b/c/d",
  "/api/v1/x",
  "/api",
  "/%61",
  "/a%2fb",
  "/a//b",
  "/a/../b",
  "/old/x",
];
const HOSTS = ["case.test", "CASE.test", "case.test:80", "a.case.test", "b.a.case.test", "other.case.test"];
export const HEADERS = ["x-a", "X-B", "cookie"];

/** Fields that are there or not. */
export function some(fields: Record<string, Arbitrary<unknown>>): Arbitrary<Record<string, unknown>> {
  return record(fields, { requiredKeys: [] }).map((value) => ({ ...value }));
}

/** In about one of `frequency` cases something, else the other. */
export function rarely<A, B>(frequency: number, seldom: Arbitrary<A>, usual: Arbitrary<B>): Arbitrary<A | B> {
  return oneof({ weight: 1, arbitrary: seldom }, { weight: frequency - 1, arbitrary: usual });
}

const SHOWN: UpstreamStep = {
  status: 200,
  headers: [
    ["x-resp", "orig"],
    ["x-two", "a"],
    ["x-two", "b"],
  ],
};
const GRPC = "application/grpc";

function plans(): Arbitrary<UpstreamStep[]> {
  const failing = constantFrom<UpstreamStep[]>(
    [{ status: 503 }, { status: 200 }],
    [{ status: 500 }, { status: 200 }],
    [{ status: 409 }, { status: 200 }],
    ["reset", { status: 200 }],
    [{ status: 502 }],
    [{ status: 200, headers: [["grpc-status", "14"]] }, { status: 200 }],
    [{ status: 200, headers: [["grpc-status", "1"]] }, { status: 200 }],
  );
  return rarely(3, failing, constant([SHOWN]));
}

/** What goes with being a kind of request. */
function kinds(): Arbitrary<Partial<CaseRequest>> {
  const preflight = tuple(constantFrom("http://a.example", "http://b.example", "null"), constantFrom("GET", "PUT")).map(
    ([origin, wanted]): Partial<CaseRequest> => ({
      method: "OPTIONS",
      headers: [
        ["origin", origin],
        ["access-control-request-method", wanted],
        ["access-control-request-headers", "x-a"],
      ],
    }),
  );
  const fromElsewhere = constantFrom("http://a.example", "http://b.example").map(
    (origin): Partial<CaseRequest> => ({
      headers: [
        ["origin", origin],
        ["x-a", "1"],
      ],
    }),
  );
  const grpc = constant<Partial<CaseRequest>>({
    protocol: "h2c",
    method: "POST",
    headers: [
      ["content-type", GRPC],
      ["te", "trailers"],
    ],
    pieces: ["\0\0\0\0\x01x"],
  });
  const withBody = constantFrom<Partial<CaseRequest>>(
    { method: "POST", body: "payload" },
    { method: "PUT", pieces: ["pay", "load"] },
  );
  const plain = constant<Partial<CaseRequest>>({});
  return oneof(
    { weight: 12, arbitrary: plain },
    { weight: 2, arbitrary: withBody },
    { weight: 1, arbitrary: preflight },
    { weight: 1, arbitrary: fromElsewhere },
    { weight: 1, arbitrary: grpc },
  );
}

export function requests(): Arbitrary<CaseRequest[]> {
  const pair = tuple(constantFrom("x-a", "X-B", "cookie"), constantFrom("1", "two", "3", "user=jane"));
  const usual = record({
    method: constantFrom("GET", "GET", "GET", "HEAD", "DELETE"),
    host: constantFrom(...HOSTS),
    path: tuple(
      constantFrom(...PATHS),
      constantFrom("", "", "", "?q=1", "?q", "?p=12&q=1", "?q=%20", "?Q=1&p=x%20y"),
    ).map((parts) => parts.join("")),
    headers: option(array(pair, { maxLength: 3 }), { nil: [] }),
    port: rarely(8, constant(8081), constant(80)),
    upstream: plans(),
  });
  const protocol = rarely(4, constant<Partial<CaseRequest>>({ protocol: "h2c" }), constant<Partial<CaseRequest>>({}));
  const one = tuple(usual, protocol, kinds()).map((parts) => Object.assign({}, ...parts) as CaseRequest);
  return array(one, { minLength: 8, maxLength: 12 });
}
