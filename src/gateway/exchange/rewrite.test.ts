// Locations and rewritten paths that a real Envoy behind istiod was seen to give.

import { expect, test } from "vitest";
import { requestView } from "../../../testbed/gateway/objects.ts";
import { forwardedPath, redirectLocation, rewritesPath, SAME_PLACE } from "./rewrite.ts";

const ANY = { kind: "any" } as const;

test.each([
  [{ scheme: "https" }, "shop.example:8080", "https://shop.example:8080/a?q=1"],
  [{ scheme: "https" }, "shop.example:80", "https://shop.example/a?q=1"],
  [{ scheme: "http" }, "shop.example:80", "http://shop.example:80/a?q=1"],
  [{ port: 8443 }, "shop.example:8080", "http://shop.example:8443/a?q=1"],
  [{ authority: "new.example:99" }, "shop.example:8080", "http://new.example:99/a?q=1"],
  [{ path: "/new" }, "shop.example:8080", "http://shop.example:8080/new?q=1"],
  [{ path: "/new?z=1" }, "shop.example", "http://shop.example/new?z=1"],
])("redirect %j at %s: %s", (redirect, host, location) => {
  const request = requestView({ host, path: "/a?q=1" });
  expect(redirectLocation({ ...SAME_PLACE, ...redirect }, ANY, request)).toBe(location);
});

test("a regex rewrite that leaves nothing leaves the path", () => {
  const regex = { text: "", replace: (path: string) => path.replace(/^\/api/, "") };
  const rewrite = { authority: undefined, prefix: undefined, regex };
  const paths = ["/api", "/api/x", "/api?q=1"].map((path) => forwardedPath(rewrite, ANY, requestView({ path })));
  expect(paths).toEqual(["/api", "/x", "/api?q=1"]);
  expect(["/api", "/api/x"].map((path) => rewritesPath(rewrite, path))).toEqual([false, true]);
});

test("a question mark with nothing behind it goes on", () => {
  expect(forwardedPath(undefined, ANY, { ...requestView({ path: "/a" }), emptyQuery: true })).toBe("/a?");
});
