import { describe, expect, test } from "vitest";
import { gatewayApi, httpRoute, rule } from "../../../testbed/gateway/gateway-api.ts";
import { requestView, routeOf, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import { judgeCors } from "../exchange/cors.ts";
import { forwardedPath, redirectLocation } from "../exchange/rewrite.ts";
import type { PathModifier, RedirectFilter, RouteFilter } from "./objects.ts";

function routeWith(prefix: string, ...filters: RouteFilter[]) {
  const backendRefs = filters.some(({ type }) => type === "RequestRedirect") ? [] : [{ name: "echo", port: 80 }];
  const matches = [{ path: { type: "PathPrefix", value: prefix } }];
  const httpRoutes = [httpRoute([rule("x", { matches, filters, backendRefs })])];
  const { table } = compileTable(worldOf({ gateways: [], gatewayApi: gatewayApi({ httpRoutes }) }));
  return routeOf(table, { path: prefix })!;
}

const part = (replacePrefixMatch: string): PathModifier => ({ type: "ReplacePrefixMatch", replacePrefixMatch });
const full = (replaceFullPath: string): PathModifier => ({ type: "ReplaceFullPath", replaceFullPath });

// As Envoy does it: testbed/differential/cases/http-routes.ts.
test.each<[string, PathModifier, string, string]>([
  ["/a", part("/x"), "/a/b?q=1", "/x/b?q=1"],
  ["/a", part("/x"), "/a", "/x"],
  ["/a/", part("/x/"), "/a/b", "/x/b"],
  ["/a", part("/"), "/a/b", "/b"],
  ["/a", part("/"), "/a", "/"],
  ["/a", part(""), "/a//b", "//b"],
  ["/", part("/x"), "/b", "/xb"],
  ["/", part("/"), "/b", "/b"],
  ["/a", full("/x"), "/a/b?q=1", "/x?q=1"],
])("rewrite: below %s by %j, %s goes on as %s", (prefix, path, from, to) => {
  const route = routeWith(prefix, { type: "URLRewrite", urlRewrite: { path } });
  if (route.action.kind !== "forward") throw new Error("not forwarded");
  expect(forwardedPath(route.action.rewrite, route.path, requestView({ path: from }))).toBe(to);
});

test.each<[RedirectFilter, string]>([
  [{ hostname: "new.example" }, "http://new.example/a/b?q=1"],
  [{ scheme: "https" }, "https://shop.example/a/b?q=1"],
  [{ scheme: "https", port: 8443 }, "https://shop.example:8443/a/b?q=1"],
  [{ port: 8080 }, "http://shop.example:8080/a/b?q=1"],
  [{ path: part("/x") }, "http://shop.example/x/b?q=1"],
  [{ path: full("/x") }, "http://shop.example/x?q=1"],
])("redirect: %j leads to %s", (requestRedirect, location) => {
  const route = routeWith("/a", { type: "RequestRedirect", requestRedirect: { statusCode: 302, ...requestRedirect } });
  if (route.action.kind !== "redirect") throw new Error("no redirect");
  expect(redirectLocation(route.action.redirect, route.path, requestView({ path: "/a/b?q=1" }))).toBe(location);
});

test.each<[object, number[]]>([
  [{}, [1_000_000]],
  [{ percent: 40 }, [400_000]],
  [{ percent: 0 }, []],
  [{ fraction: { numerator: 1, denominator: 3 } }, [333_333]],
  [{ fraction: { numerator: 5 } }, [50_000]],
])("mirror: %j is %j millionths", (share, perMillion) => {
  const requestMirror = { backendRef: { name: "echo", port: 80 }, ...share };
  const { action } = routeWith("/a", { type: "RequestMirror", requestMirror });
  if (action.kind !== "forward") throw new Error("not forwarded");
  expect((action.mirrors ?? []).map((each) => each.perMillion)).toEqual(perMillion);
});

describe("CORS", () => {
  const allows = (allowOrigins: string[], origin: string) => {
    const { action } = routeWith("/a", { type: "CORS", cors: { allowOrigins, maxAge: 5 } });
    const cors = action.kind === "forward" ? action.filters?.cors : undefined;
    return judgeCors(cors!, requestView({ headers: { origin } })).response !== undefined;
  };
  test.each<[string[], string, boolean]>([
    [["https://a.example"], "https://a.example", true],
    [["https://a.example"], "https://b.example", false],
    [["https://*.a.example"], "https://x.a.example", true],
    [["https://*.a.example"], "https://xa.example", false],
    [["*"], "https://any.example:8443", true],
    [["*"], "null", false],
    [["https://*"], "https://any.example", true],
    [[], "https://a.example", false],
  ])("%j and %s: %s", (origins, origin, allowed) => expect(allows(origins, origin)).toBe(allowed));
});
