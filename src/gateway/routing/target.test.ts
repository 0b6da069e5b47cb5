// Request targets, each as a real Envoy under Istio's default normalization was seen to read it.

import { describe, expect, test } from "vitest";
import { badTarget } from "../exchange/local-reply.ts";
import { parseTarget } from "./target.ts";

describe("paths are brought to one form", () => {
  test.each([
    ["/a/../b", "/b"],
    ["/a/./b", "/a/b"],
    ["/../a", "/a"],
    ["/a/..", "/"],
    ["/a/.", "/a/"],
    ["/a/...", "/a/..."],
    ["/b/..;/a", "/a"],
    ["/b/..;x=1/a", "/a"],
    ["/b/.;/a", "/b/a"],
    ["/b/..;", "/"],
    ["/b/...;/a", "/b/...;/a"],
    ["/b/%2e%2e/a", "/a"],
    ["/b/%2e%2e;/a", "/b/..;/a"],
    ["/b\\..\\a", "/a"],
    ["//a", "//a"],
    ["/a%2fb", "/a%2fb"],
    ["/%61%7E", "/a~"],
    ['/a|{}^"<>`', "/a%7C%7B%7D%5E%22%3C%3E%60"],
    ["/a%zz", "/a%zz"],
    ["/a#b", "/a"],
    ["/a#/../b", "/a"],
    ["/a?b#c", "/a"],
  ])("%s is %s", (url, path) => {
    expect(parseTarget(url)?.path).toBe(path);
  });

  test("a question mark at the end is remembered", () => {
    expect(parseTarget("/a?")).toMatchObject({ path: "/a", query: "", emptyQuery: true });
    expect(parseTarget("/a?x")).toMatchObject({ query: "x", emptyQuery: false });
    expect(parseTarget("/a")).toMatchObject({ query: "", emptyQuery: false });
  });
});

describe("absolute form", () => {
  test.each([
    ["http://other.test/a?x", "other.test", "/a"],
    ["HTTP://other.test", "other.test", "/"],
  ])("%s", (url, authority, path) => {
    expect(parseTarget(url)).toMatchObject({ authority, path });
  });
});

describe("what is no path is refused", () => {
  test.each([
    ["/a%00b", 400],
    ["*", 404],
    ["a", 404],
    ["http://case.test?x=1", 404],
    ["https://case.test/a", 403],
    ["ftp://case.test/a", 400],
  ])("%s: %i", (url, code) => {
    expect(parseTarget(url)).toBeUndefined();
    expect(badTarget(url).code).toBe(code);
  });
});
