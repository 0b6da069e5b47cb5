// Who may know whom. Every rule tells what to do about a violation; scripts/boundaries.ts plants one per rule and fails
// when a rule does not fire, and when the cruise saw no modules.

const TEST = "[.]test[.]tsx?$";
const CORE = "^src/core/";
const OUTSIDE = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown", "core", "unknown"];

/** A room may import, of this project, only the listed folders. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: `^${from}/`, pathNot: [TEST] },
  to: { path: "^(src|dashboard|testbed|test|scripts|bench)/", pathNot: allowed.map((each) => `^${each}(/|[.]ts$)`) },
});

const PORTS = "src/ports";
const INFORMER = "src/informer";
const SHELL = [INFORMER, PORTS, "src/core"];

export default {
  forbidden: [
    {
      name: "no-circular",
      comment: "Move what both need to the lower one.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    only(
      "core-is-closed",
      "src/core",
      ["src/core"],
      "Core knows only itself. Pass the value in, or move the code to the shell.",
    ),
    {
      name: "core-imports-no-package",
      comment: "Core is arithmetic on values. What needs a package runs at the edge and hands core a value.",
      severity: "error",
      from: { path: CORE, pathNot: [TEST, "^src/core/spec/"] },
      to: { dependencyTypes: OUTSIDE },
    },
    {
      name: "spec-imports-only-zod",
      comment: "The schema is zod; nothing else belongs in core/spec.",
      severity: "error",
      from: { path: "^src/core/spec/", pathNot: [TEST] },
      to: { dependencyTypes: OUTSIDE, pathNot: "(^|/)node_modules/zod/" },
    },
    only("ports-know-core", PORTS, [PORTS, "src/core"], "A port is an interface over core values."),
    only("informer-knows-ports", INFORMER, SHELL, "The informer is the port's companion; it knows no caller."),
    only(
      "controller-knows-ports",
      "src/controller",
      ["src/controller", ...SHELL],
      "Take the port as an argument; wiring.ts picks the adapter.",
    ),
    only(
      "adapters-know-ports",
      "src/adapters",
      ["src/adapters", ...SHELL],
      "Adapters never call the loop; objects go through the cluster port.",
    ),
    {
      name: "adapters-are-strangers",
      comment: "Two adapters meet only at a port.",
      severity: "error",
      from: { path: "^src/adapters/([^/]+)/" },
      to: { path: "^src/adapters/([^/]+)/", pathNot: "^src/adapters/$1/" },
    },
    {
      name: "render-is-pure",
      comment: "A renderer turns values into manifests; I/O belongs beside it.",
      severity: "error",
      from: { path: "^src/adapters/[^/]+/render[^/]*[.]ts$", pathNot: TEST },
      to: { pathNot: [CORE, "^src/ports/", "^src/adapters/[^/]+/(render|types)[^/]*[.]ts$"] },
    },
    {
      name: "no-client-node-at-run-time",
      comment:
        "The cluster port is spoken by adapters/kubernetes with node:https; client-node is a judge in tests only (ADR 0003).",
      severity: "error",
      from: { path: "^src/", pathNot: [TEST] },
      to: { path: "(^|/)node_modules/@kubernetes/client-node/" },
    },
    only(
      "sandbox-knows-ports",
      "src/sandbox",
      ["src/sandbox", ...SHELL],
      "The sandbox is a world behind the cluster port; it never calls the loop.",
    ),
    {
      name: "sandbox-rooms-meet-at-the-port",
      comment: "Cluster, runtime, apps and home know each other only through the cluster port and wiring.ts.",
      severity: "error",
      from: { path: "^src/sandbox/([^/]+)/", pathNot: TEST },
      to: { path: "^src/sandbox/([^/]+)/", pathNot: "^src/sandbox/$1/" },
    },
    {
      name: "gateway-knows-routes",
      comment: "The data plane routes; it does not know rollouts.",
      severity: "error",
      from: { path: "^src/gateway/", pathNot: TEST },
      to: {
        path: "^(src|testbed|test|scripts|bench)/",
        pathNot: ["^src/gateway/", "^src/ports/", "^src/informer/", "^src/core/(traffic|kubernetes|analysis/counters)"],
      },
    },
    {
      name: "gateway-decides-without-sockets",
      comment:
        "What becomes of objects and of a request is decided on values; sockets belong to wire, upstreams and clients.",
      severity: "error",
      from: { path: "^src/gateway/(routing|compile|gateway-api)/", pathNot: TEST },
      to: { path: ["^src/gateway/(wire|upstreams|exchange|clients)/", "^(net|http|http2|tls|dns|dgram|fs)$"] },
    },
    {
      name: "gateway-wire-is-lowest",
      comment: "Bytes and heads know no request's way.",
      severity: "error",
      from: { path: "^src/gateway/wire/", pathNot: TEST },
      to: { path: "^src/gateway/", pathNot: "^src/gateway/(wire|routing)/" },
    },
    {
      name: "gateway-upstreams-know-no-exchange",
      comment: "Whoever sends hands in a handler.",
      severity: "error",
      from: { path: "^src/gateway/upstreams/", pathNot: TEST },
      to: { path: "^src/gateway/(exchange|clients|compile|gateway-api|explain)/" },
    },
    {
      name: "gateway-exchange-knows-no-protocol",
      comment: "A client is a Downstream (exchange/downstream.ts), whatever it speaks.",
      severity: "error",
      from: { path: "^src/gateway/exchange/", pathNot: TEST },
      to: { path: "^src/gateway/(clients|compile|gateway-api|explain)/" },
    },
    only(
      "load-knows-nothing",
      "src/load",
      ["src/load", PORTS, "src/core"],
      "The client sends and counts; it knows no rollout.",
    ),
    only(
      "story-plays-through-ports",
      "src/story",
      ["src/story", "src/load", ...SHELL],
      "The story uses what a user has: the API and the client.",
    ),
    only(
      "cli-knows-ports",
      "src/cli",
      ["src/cli", ...SHELL],
      "A command that starts something gets its start function from wiring.ts.",
    ),
    only(
      "testbed-implements-ports",
      "testbed",
      ["testbed", PORTS, INFORMER, "src/core", "src/gateway", "src/sandbox", "src/controller", "src/adapters/istio"],
      "A fake world knows no adapter but the mesh's renderer that it drives.",
    ),
    {
      name: "no-one-knows-testbed",
      comment: "Test worlds stay out of the product.",
      severity: "error",
      from: { pathNot: ["^testbed/", "^test/", "^bench/", "^scripts/", TEST] },
      to: { path: "^testbed/" },
    },
    {
      name: "no-dev-dependency-in-runtime",
      comment: "What runs in production is listed under dependencies.",
      severity: "error",
      from: { path: "^src/", pathNot: TEST },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "product-knows-no-script",
      comment: "scripts/, bench/ and test/ are tools around the product.",
      severity: "error",
      from: { path: "^src/", pathNot: TEST },
      to: { path: "^(scripts|bench|test)/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|[.]cache)/" },
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"] },
  },
};
