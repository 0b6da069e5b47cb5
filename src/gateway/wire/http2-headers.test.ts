import { expect, test } from "vitest";
import { incoming, outgoing, requestHead } from "./http2-headers.ts";

test("a request's head: pseudo headers apart, cookies in one, Host only where there is no authority", () => {
  const raw = [
    ":method",
    "GET",
    ":path",
    "/a",
    ":scheme",
    "http",
    "cookie",
    "a=1",
    "x",
    "1",
    "cookie",
    "b=2",
    "host",
    "h",
  ];
  expect(requestHead(raw)).toEqual({
    method: "GET",
    path: "/a",
    authority: "h",
    list: ["x", "1", "cookie", "a=1; b=2"],
  });
  expect(requestHead([":authority", "a", ...raw]).authority).toBe("a");
});

test("what belongs to a connection stays behind, and what came several times goes so", () => {
  const list = [
    "host",
    "h",
    "connection",
    "close",
    "transfer-encoding",
    "chunked",
    "upgrade",
    "x",
    "a",
    "1",
    "a",
    "2",
    "a",
    "3",
  ];
  expect({ ...outgoing(list, { ":status": 200 }) }).toEqual({ ":status": 200, a: ["1", "2", "3"] });
});

test("an answer's headers keep their values apart", () => {
  expect({ ...incoming([":status", "200", "set-cookie", "a=1", "x", "1", "set-cookie", "b=2"]) }).toEqual({
    "set-cookie": ["a=1", "b=2"],
    x: "1",
  });
});
