import { describe, expect, test } from "vitest";
import { grpcDeadlineMs, grpcHead, grpcStatusOf, grpcTimeoutText, httpStatusOf, isGrpc } from "./grpc.ts";

test.each([
  ["application/grpc", true],
  ["application/grpc+proto", true],
  ["application/grpc-web", false],
  ["application/grpc; charset=utf-8", false],
  ["application/json", false],
  [undefined, false],
])("content type %s is gRPC: %s", (type, expected) => {
  expect(isGrpc(type)).toBe(expected);
});

describe("a client's deadline under a route's time limit", () => {
  test.each([
    ["5S", undefined, 5_000],
    ["5S", 300, 300],
    ["100m", 300, 100],
    [undefined, 300, 300],
    [undefined, undefined, undefined],
    ["0m", undefined, undefined],
    ["0m", 300, 300],
    ["soon", 300, 300],
    ["1500u", undefined, 2],
    ["1H", undefined, 3_600_000],
    ["123456789m", undefined, undefined],
  ])("%s, %s: %s", (header, routeMs, expected) => {
    expect(grpcDeadlineMs(header, routeMs)).toBe(expected);
  });
});

test.each([
  [80, "80m"],
  [99_999_999, "99999999m"],
  [100_000_000, "100000S"],
  [360_000_000_000, "6000000M"],
])("%i ms is said in at most eight digits: %s", (timeoutMs, text) => {
  expect(grpcTimeoutText(timeoutMs)).toBe(text);
});

test("statuses, both ways", () => {
  expect([400, 401, 403, 404, 418, 429, 500, 502, 503, 504].map(grpcStatusOf)).toEqual([
    13, 16, 7, 12, 2, 14, 2, 14, 14, 14,
  ]);
  expect(["0", "4", "7", "14", "99", "x"].map(httpStatusOf)).toEqual([200, 504, 403, 503, undefined, undefined]);
});

test("a message is percent-encoded", () => {
  expect(grpcHead(14, Buffer.from("50% ö\n"))).toContain("50%25 %C3%B6%0A");
  expect(grpcHead(14, Buffer.alloc(0))).toEqual(["content-type", "application/grpc", "grpc-status", "14"]);
});
