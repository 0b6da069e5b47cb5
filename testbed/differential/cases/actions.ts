// What a route does beside forwarding: rewrites, redirects, answers of its own; and how paths are read before anything else.

import type { CaseRequest, DifferentialCase } from "../case.ts";
import { hosts, one, paths, to, V1, V2 } from "./shapes.ts";

const rewritten = (name: string, match: unknown, rewrite: unknown, requests: CaseRequest[]) =>
  one(
    "rewrite",
    name,
    [
      { ...(match === undefined ? {} : { match: [match] }), rewrite, route: V1 },
      ...(match === undefined ? [] : [{ route: V2 }]),
    ],
    requests,
  );

const PREFIXED = paths("/a", "/a/", "/a/b", "/ab", "/a?q=1", "/a/b?q=1&p=/a", "/a//b", "/a/%2fb");

const REWRITES: DifferentialCase[] = [
  rewritten("a prefix", { uri: { prefix: "/a" } }, { uri: "/new" }, PREFIXED),
  rewritten("a prefix by a path with a slash", { uri: { prefix: "/a" } }, { uri: "/new/" }, PREFIXED),
  rewritten("a prefix with a slash by one", { uri: { prefix: "/a/" } }, { uri: "/new/" }, PREFIXED),
  rewritten("a prefix with a slash by one without", { uri: { prefix: "/a/" } }, { uri: "/new" }, PREFIXED),
  rewritten("a prefix by the root", { uri: { prefix: "/a" } }, { uri: "/" }, PREFIXED),
  rewritten("a prefix with a slash by the root", { uri: { prefix: "/a/" } }, { uri: "/" }, PREFIXED),
  rewritten("the root prefix", { uri: { prefix: "/" } }, { uri: "/new/" }, paths("/", "/a", "/a?q=1")),
  rewritten("the root prefix without a slash", { uri: { prefix: "/" } }, { uri: "/new" }, paths("/", "/a", "/a?q=1")),
  rewritten("no match at all", undefined, { uri: "/new" }, paths("/", "/a", "/a?q=1")),
  rewritten("an exact path", { uri: { exact: "/a" } }, { uri: "/new" }, PREFIXED),
  rewritten("a regex", { uri: { regex: "/a(/.*)?" } }, { uri: "/new" }, PREFIXED),
  rewritten(
    "a prefix without case",
    { uri: { prefix: "/A" }, ignoreUriCase: true },
    { uri: "/new" },
    paths("/a/x", "/A/x"),
  ),
  rewritten("only other conditions", { headers: { "x-a": {} } }, { uri: "/new" }, [
    { path: "/a/b", headers: [["x-a", "1"]] },
  ]),
  rewritten("the authority", { uri: { prefix: "/a" } }, { authority: "new.example" }, PREFIXED),
  rewritten("path and authority", { uri: { prefix: "/a" } }, { uri: "/n", authority: "new.example:99" }, PREFIXED),
  rewritten(
    "by regex",
    { uri: { prefix: "/" } },
    { uriRegexRewrite: { match: "^/([^/]+)/(.*)$", rewrite: "/\\2/\\1" } },
    paths("/", "/a", "/a/b", "/a/b/c?q=1"),
  ),
  rewritten(
    "by regex, everywhere",
    { uri: { prefix: "/" } },
    { uriRegexRewrite: { match: "a", rewrite: "X" } },
    paths("/a", "/banana?a=a", "/b"),
  ),
  rewritten(
    "by regex, the whole match",
    { uri: { prefix: "/" } },
    { uriRegexRewrite: { match: "b+", rewrite: "[\\0]" } },
    paths("/abb", "/x"),
  ),
  rewritten(
    "by regex with a dollar sign",
    { uri: { prefix: "/" } },
    { uriRegexRewrite: { match: "a", rewrite: "$1" } },
    paths("/a"),
  ),
  rewritten(
    "by regex to nothing",
    { uri: { prefix: "/" } },
    { uriRegexRewrite: { match: "^/api", rewrite: "" } },
    paths("/api/x", "/api"),
  ),
  rewritten(
    "by regex to a path without a slash",
    { uri: { prefix: "/" } },
    { uriRegexRewrite: { match: "^/rewritten", rewrite: "x" } },
    paths("/rewritten-to-no-path"),
  ),
  rewritten("to the same path", { uri: { prefix: "/a" } }, { uri: "/a" }, paths("/a/b")),
  one(
    "rewrite",
    "the route's Host against the rewrite's",
    [
      {
        rewrite: { authority: "rewrite.example" },
        headers: { request: { set: { Host: "header.example" } } },
        route: V1,
      },
    ],
    [{}],
  ),
  one(
    "rewrite",
    "the destination's Host against the rewrite's",
    [
      {
        rewrite: { authority: "rewrite.example" },
        route: [to("echo", "v1", { headers: { request: { set: { Host: "header.example" } } } })],
      },
    ],
    [{}],
  ),
  one(
    "rewrite",
    "of a Host with a port",
    [{ rewrite: { authority: "new.example" }, route: V1 }],
    hosts("case.test:80", "CASE.test:8080"),
  ),
];

const redirected = (
  name: string,
  redirect: unknown,
  requests: CaseRequest[] = [
    { path: "/a/b?q=1" },
    { path: "/a/b", host: "case.test:8080" },
    { path: "/a/b", method: "POST", body: "x" },
    { method: "HEAD", path: "/a" },
  ],
  match?: unknown,
) => one("redirect", name, [{ ...(match === undefined ? {} : { match: [match] }), redirect }], requests);

const REDIRECTS: DifferentialCase[] = [
  redirected("path", { uri: "/new" }),
  redirected("path with a query", { uri: "/new?z=1" }),
  redirected("authority", { authority: "new.example" }),
  redirected("authority with a port", { authority: "new.example:99" }),
  redirected("path and authority", { uri: "/new", authority: "new.example" }),
  redirected("scheme https", { scheme: "https" }),
  redirected("scheme http", { scheme: "http" }),
  redirected("scheme and authority", { scheme: "https", authority: "new.example" }),
  redirected("port", { port: 8443 }),
  redirected("port that is the scheme's own", { port: 80 }),
  redirected("port and scheme", { port: 443, scheme: "https" }),
  redirected("an odd port and scheme", { port: 8443, scheme: "https" }),
  redirected("port from the request", { derivePort: "FROM_REQUEST_PORT", uri: "/new" }),
  redirected("port from the protocol", { derivePort: "FROM_PROTOCOL_DEFAULT", uri: "/new" }),
  redirected("port from the protocol, scheme https", { derivePort: "FROM_PROTOCOL_DEFAULT", scheme: "https" }),
  redirected("prefix", { prefixRewrite: "/new" }, [{ path: "/a/b?q=1" }, { path: "/a" }, { path: "/ab" }], {
    uri: { prefix: "/a" },
  }),
  ...[301, 302, 303, 307, 308].map((redirectCode) => redirected(`code ${redirectCode}`, { uri: "/new", redirectCode })),
  one(
    "redirect",
    "with response headers",
    [{ redirect: { uri: "/new" }, headers: { response: { set: { "x-r": "1" }, remove: ["location"] } } }],
    [{}],
  ),
  one(
    "redirect",
    "at the other port",
    [{ redirect: { derivePort: "FROM_REQUEST_PORT", uri: "/new" } }],
    [{ port: 8081 }, { port: 8081, host: "case.test:8081" }],
  ),
  redirected("a client that says https", { uri: "/new" }, [{ headers: [["x-forwarded-proto", "https"]] }]),
];

const direct = (
  name: string,
  directResponse: unknown,
  requests: CaseRequest[] = [{}, { method: "HEAD" }, { method: "POST", body: "x" }],
) => one("directResponse", name, [{ directResponse }], requests);

const DIRECTS: DifferentialCase[] = [
  direct("a body", { status: 200, body: { string: "hello" } }),
  direct("no body", { status: 403 }),
  direct("an empty body", { status: 200, body: { string: "" } }),
  direct("bytes", { status: 200, body: { bytes: Buffer.from("bytes \u00e4").toString("base64") } }),
  direct("umlauts", { status: 200, body: { string: "gr\u00fc\u00dfe" } }),
  direct("no content", { status: 204 }),
  direct("not modified", { status: 304 }),
  direct("unavailable", { status: 503, body: { string: "maintenance" } }),
  direct("an odd status", { status: 299, body: { string: "odd" } }),
  direct("created", { status: 201, body: { string: "made" } }, [
    { path: "/a?b=1" },
    { host: "CASE.test:80" },
    { headers: [["x-forwarded-proto", "https"]] },
  ]),
  direct("bad request", { status: 400, body: { string: "no" } }),
  direct("other refusals", { status: 401 }),
  direct("too early", { status: 425 }),
  direct("too large", { status: 413 }),
  direct("a redirect's status", { status: 302 }),
  one(
    "directResponse",
    "with headers",
    [
      {
        directResponse: { status: 200, body: { string: "{}" } },
        headers: { response: { set: { "content-type": "application/json", "x-r": "1" }, add: { "x-r": "2" } } },
      },
    ],
    [{}],
  ),
  one(
    "directResponse",
    "with a server header",
    [{ directResponse: { status: 200 }, headers: { response: { set: { server: "mine" }, remove: ["date"] } } }],
    [{}],
  ),
];

const show = (feature: string, name: string, requests: CaseRequest[]) =>
  one(feature, name, [{ match: [{ uri: { prefix: "/a" } }], route: V1 }, { route: V2 }], requests);

const TARGETS: DifferentialCase[] = [
  show(
    "paths",
    "dot segments",
    paths(
      "/a/../b",
      "/b/../a",
      "/a/./b",
      "/./a",
      "/../a",
      "/a/..",
      "/a/.",
      "/a/../../b",
      "/b/..;/a",
      "/a/...",
      "/.a",
      "/b/../a?x=../y",
    ),
  ),
  show(
    "paths",
    "dot segments with parameters",
    paths("/b/..;/a", "/b/..;x=1/a", "/b/.;/a", "/b/%2e%2e;/a", "/b/..;", "/b/...;/a", "/b/..;a"),
  ),
  show("paths", "escaped dots", paths("/b/%2e%2e/a", "/b/%2E./a", "/%2e/a", "/a%2eb")),
  show("paths", "slashes", paths("//a", "/a//b", "/a///", "//", "/b//../a", "/a/b//")),
  show("paths", "escaped slashes", paths("/a%2Fb", "/a%2fb", "/b%2f..%2fa", "/%2fa")),
  show("paths", "backslashes", paths("/b\\..\\a", "/a\\b", "\\a", "/a%5cb")),
  show(
    "paths",
    "other escapes",
    paths(
      "/%61",
      "/a%20b",
      "/a%7Eb",
      "/a%C3%A4",
      "/a%",
      "/a%zz",
      "/a%0",
      "/a%00b",
      "/a%0ab",
      "/a%25b",
      "/%41",
      "/a%3Fb",
      "/a%23b",
    ),
  ),
  show(
    "paths",
    "odd characters",
    paths(
      "/a|b",
      "/a{b}",
      "/a^b",
      '/a"b"',
      "/a<b>",
      "/a`b",
      "/a;b=c",
      "/a,b",
      "/a:b",
      "/a@b",
      "/a!$&'()*+=",
      "/a~",
      "/a[b]",
    ),
  ),
  show(
    "paths",
    "queries",
    paths("/a?", "/a??", "/a?b?c", "/a?b=/../c", "/a?b=%2f&c=%zz", "/a?b#c", "/a#c", "?a", "/?/a", "/a?b=1&b=2&"),
  ),
  show("paths", "not a path", [
    { path: "*", method: "OPTIONS" },
    { path: "a" },
    { path: "http://case.test/a" },
    { path: "http://case.test" },
    { path: "http://other.test/a" },
    { path: "HTTP://case.test/a?x" },
    { path: "https://case.test/a" },
    { path: "ftp://case.test/a" },
    { path: "http://case.test?x=1" },
  ]),
  show("paths", "long", [{ path: `/a${"b".repeat(8_000)}` }, { path: `/a?q=${"b".repeat(20_000)}` }]),
];

export const ACTION_CASES: readonly DifferentialCase[] = [...REWRITES, ...REDIRECTS, ...DIRECTS, ...TARGETS];
