// What istiod and the sandbox gateway write into the status of the same Gateways, HTTPRoutes and GRPCRoutes: conditions, reasons, messages,
// counts and addresses must be the same. SERIN_MESH_BIN names a folder with etcd, kube-apiserver and pilot-discovery.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../../scripts/schemas/real-server.ts";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import type { Condition, KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  GATEWAY_CLASSES,
  GRPC_ROUTES,
  HTTP_ROUTES,
  KUBERNETES_GATEWAYS,
  NAMESPACES,
  type Resource,
  SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { openSandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { gatewayApiDefinitions, istioDefinitions } from "../../src/sandbox/cluster/schema/builtin.ts";
import {
  backend,
  exact,
  grant,
  prefix,
  route,
  TO_V1,
  webGateway,
} from "../../testbed/differential/cases/gateway-api-shapes.ts";
import { service } from "../../testbed/differential/endpoints.ts";
import { createAll, whenServed } from "../../testbed/differential/objects.ts";
import { INGRESS_LABELS } from "../../testbed/mesh/envoy.ts";
import { startIstiod, WORKLOAD_ENTRIES } from "../../testbed/mesh/istiod.ts";
import { meshPrograms } from "../../testbed/mesh/programs.ts";

const SYSTEM = "istio-system";
const PORTS = [80, 8081];
const clock = systemClock();
const log = { debug() {}, info() {}, warn() {}, error: console.error };

let real: Cluster;
let sandbox: Cluster;
let gateway: RunningGateway;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  real = await startReal();
  const opened = await openSandboxCluster({ dataFile: ":memory:", clock, log });
  stack.defer(() => opened.close());
  sandbox = opened.cluster;
  gateway = await startGateway({ cluster: sandbox, clock, log, ports: { 80: 0, 8081: 0 }, statsPort: 0, seed: 1 });
  stack.defer(() => gateway.stop());
  await sandbox.create(NAMESPACES, namespace("other"));
  for (const cluster of [real, sandbox]) await createAll(cluster, structuredClone(OBJECTS));
}, 90_000);

afterAll(() => stack.disposeAsync());

function namespace(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** An API server with istiod on it, and the ingress gateway's Service with somebody behind it. */
async function startReal(): Promise<Cluster> {
  const programs = meshPrograms();
  const server = await startServer(process.env["SERIN_MESH_BIN"]!);
  stack.defer(() => server.stop());
  const home = mkdtempSync(join(tmpdir(), "gateway-api-status-"));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const kubeconfigFile = join(home, "kubeconfig");
  writeFileSync(kubeconfigFile, JSON.stringify(server.kubeconfig), { mode: 0o600 });
  const { cluster } = await connect({ kubeconfig: kubeconfigFile, env: {}, clock });
  for (const definition of [...istioDefinitions(), ...gatewayApiDefinitions()])
    await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition as KubeObject);
  for (const name of [SYSTEM, "other"]) await cluster.create(NAMESPACES, namespace(name));
  const ports = PORTS.map((port) => ({ name: `http-${port}`, port, targetPort: 10_000 + port }));
  const { spec, ...rest } = service("istio-ingressgateway", INGRESS_LABELS, ports);
  const key = { name: "istio-ingressgateway", namespace: SYSTEM };
  await cluster.create(SERVICES, { ...rest, metadata: key, spec: { ...(spec as object), type: "LoadBalancer" } });
  const status = { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } };
  await cluster.patch(SERVICES, key, { type: "merge", body: { status } }, { subresource: "status" });
  const entry = {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: { name: "gateway", namespace: SYSTEM },
    spec: { address: "127.0.0.1", labels: INGRESS_LABELS },
  };
  await whenServed(() => cluster.create(WORKLOAD_ENTRIES, entry), entry);
  const env = { PILOT_ENABLE_GATEWAY_API: "true", PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: "false" };
  const istiod = await startIstiod({ program: programs.istiod, home, kubeconfigFile, env });
  stack.defer(() => istiod.stop());
  return cluster;
}

const all = { namespaces: { from: "All" } };
const at = (name: string, more: object = {}) => [{ name, ...more }];
const inDefault = (object: KubeObject, spec: object = {}): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: "default" },
  spec: { ...(object["spec"] as object), ...spec },
});

const HTTPS: object = { protocol: "HTTPS", tls: { certificateRefs: [{ name: "z" }] } };

const GATEWAYS: readonly KubeObject[] = [
  webGateway([{ name: "http" }, { name: "other", port: 8081, hostname: "other.test" }], "good"),
  webGateway(
    [
      { name: "a", hostname: "a.test" },
      { name: "wild", hostname: "*.wild.test" },
    ],
    "hosts",
  ),
  webGateway([{ name: "same", allowedRoutes: { namespaces: { from: "Same" } } }], "same"),
  webGateway(
    [{ name: "none", allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { no: "body" } } } } }],
    "selected",
  ),
  webGateway([{ name: "grpc", allowedRoutes: { ...all, kinds: [{ kind: "GRPCRoute" }] } }], "kinds"),
  webGateway(
    [{ name: "x", allowedRoutes: { ...all, kinds: [{ kind: "HTTPRoute" }, { group: "x.example", kind: "Y" }] } }],
    "wrong-kinds",
  ),
  webGateway(
    [
      { name: "one", hostname: "z.test" },
      { name: "two", hostname: "z.test", ...HTTPS },
    ],
    "conflict",
  ),
  webGateway([{ name: "open" }, { name: "closed", port: 8888 }], "closed-port"),
  webGateway([{ name: "closed", port: 8888 }], "all-closed"),
  webGateway([{ name: "lower", ...({ protocol: "http" } as object) }], "lower-case"),
  webGateway(
    [
      { name: "lower", ...({ protocol: "http" } as object) },
      { name: "fine", port: 8081 },
    ],
    "partly-lower-case",
  ),
  webGateway([{ name: "plain" }, { name: "tls", port: 8081, ...HTTPS }], "no-secret"),
  inDefault(webGateway([{ name: "http" }], "foreign-namespace")),
  inDefault(webGateway([{ name: "http" }], "foreign-class"), { gatewayClassName: "nobody" }),
  inDefault(webGateway([{ name: "http" }], "two-addresses"), {
    addresses: [
      { type: "IPAddress", value: "10.0.0.1" },
      { type: "IPAddress", value: "10.0.0.2" },
    ],
  }),
];

const elsewhere = { ...service("case-echo", { app: "echo" }, [{ name: "http", port: 80, targetPort: 0 }]) };
const http = (
  name: string,
  parentRefs: readonly object[],
  rules: readonly unknown[] = [{ backendRefs: TO_V1 }],
  more: object = {},
) => route("HTTPRoute", { parentRefs, rules, ...more }, name);
const mirror = (name: string) => ({ type: "RequestMirror", requestMirror: { backendRef: backend(name) } });

const ROUTES: readonly KubeObject[] = [
  http("good", at("good")),
  http("one-listener", at("good", { sectionName: "http" })),
  http("wrong-listener", at("good", { sectionName: "https" })),
  http("wrong-port", at("good", { port: 443 })),
  http("no-such-gateway", at("nobody")),
  http("foreign-class", at("foreign-class", { namespace: "default" })),
  http("foreign-namespace", at("foreign-namespace", { namespace: "default" })),
  http("missing-backend", at("good"), [
    { matches: [exact("/a")], backendRefs: [backend("gone")] },
    { backendRefs: TO_V1 },
  ]),
  http("two-missing", at("good"), [{ backendRefs: [backend("gone"), backend("lost")] }]),
  http("not-granted", at("good"), [{ backendRefs: [backend("case-echo", { namespace: "other" })] }]),
  http("wrong-kind", at("good"), [{ backendRefs: [backend("echo-v1", { group: "x.example", kind: "Bucket" })] }]),
  http("extension", at("good"), [
    {
      filters: [{ type: "ExtensionRef", extensionRef: { group: "x.example", kind: "X", name: "x" } }],
      backendRefs: TO_V1,
    },
  ]),
  http("missing-mirror", at("good"), [{ filters: [mirror("gone")], backendRefs: [backend("lost")] }]),
  http("no-weight", at("good"), [{ backendRefs: [backend("gone", { weight: 0 })] }]),
  http("no-backend", at("good"), [{}]),
  http("host", at("hosts"), undefined, { hostnames: ["a.test"] }),
  http("no-host", at("hosts"), undefined, { hostnames: ["b.test"] }),
  http("some-host", at("hosts"), undefined, { hostnames: ["b.test", "*.x.wild.test"] }),
  http("not-allowed", at("same")),
  http("not-selected", at("selected")),
  http("not-this-kind", at("kinds")),
  http("wrong-kinds", at("wrong-kinds")),
  http("loser", at("conflict", { sectionName: "two" })),
  http("two-parents", [...at("good"), ...at("same"), ...at("hosts", { sectionName: "wild" })]),
  http("closed", at("closed-port")),
  http("lower-case", at("lower-case")),
  http("two-addresses", at("two-addresses", { namespace: "default" })),
  route("GRPCRoute", { parentRefs: at("good"), rules: [{ backendRefs: TO_V1 }] }, "calls"),
  route("GRPCRoute", { parentRefs: at("kinds"), rules: [{ backendRefs: [backend("gone")] }] }, "lost-calls"),
  route(
    "GRPCRoute",
    { parentRefs: at("good"), rules: [{ filters: [mirror("gone")], backendRefs: TO_V1 }] },
    "mirrored-calls",
  ),
  {
    ...http("granted", at("good"), [
      { backendRefs: [backend("case-echo", { namespace: "other" })], matches: [prefix("/g")] },
    ]),
  },
];

const OBJECTS: readonly KubeObject[] = [
  service("echo-v1", { app: "echo" }, [{ name: "http", port: 80, targetPort: 8080 }]),
  { ...elsewhere, metadata: { name: "case-echo", namespace: "other" } },
  ...GATEWAYS,
  ...ROUTES,
];

/** The sandbox adds what to do. */
const ADVICE = / \((open in the sandbox|the sandbox has one gateway): [^)]*\)/g;
const OWN_WORDS: readonly [RegExp, string][] = [
  [/Secret (\S+) does not exist: kubectl .* makes it/g, "secret $1 not found"],
  [ADVICE, ""],
];

/** Messages as lists of what they say: istiod asks its index for a Gateway's listeners, which has no order, and joins what each refused. */
async function statusOf(cluster: Cluster, resource: Resource, { metadata }: KubeObject): Promise<unknown> {
  const { namespace, name } = metadata;
  const { status } = (await cluster.get(resource, { namespace, name })) as { status?: unknown };
  return JSON.parse(
    JSON.stringify(status ?? {}, (key, value: unknown) => {
      if (key === "lastTransitionTime") return undefined;
      if (key === "conditions") return withoutLeftovers(value as Condition[]);
      if (key !== "message") return value;
      const text = OWN_WORDS.reduce((text, [ours, theirs]) => text.replace(ours, theirs), String(value));
      return text.split("; ").sort();
    }),
  );
}

/** Of a listener that lost its place istiod keeps what it found before it saw that, or not, as it happens. */
function withoutLeftovers(conditions: Condition[]): Condition[] {
  const hasLost = conditions.some(({ type, status }) => type === "Conflicted" && status === "True");
  return hasLost ? conditions.filter(({ type }) => type !== "ResolvedRefs") : conditions;
}

const RESOURCES: Readonly<Record<string, Resource>> = {
  Gateway: KUBERNETES_GATEWAYS,
  HTTPRoute: HTTP_ROUTES,
  GRPCRoute: GRPC_ROUTES,
};

/** Both settle in their own time. */
async function expectAlike(resource: Resource, object: KubeObject): Promise<void> {
  await expect
    .poll(
      async () => ({ ours: await statusOf(sandbox, resource, object), real: await statusOf(real, resource, object) }),
      {
        timeout: 5_000,
      },
    )
    .toSatisfy(({ ours, real }) => JSON.stringify(sorted(ours)) === JSON.stringify(sorted(real)))
    .catch(() => {});
  expect(await statusOf(sandbox, resource, object)).toEqual(await statusOf(real, resource, object));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

test(
  "GatewayClass istio",
  () => expectAlike(GATEWAY_CLASSES, { ...GATEWAYS[0]!, metadata: { name: "istio" } }),
  20_000,
);

test.each([...GATEWAYS, ...ROUTES].map((each) => [each.kind, each.metadata.name, each] as const))(
  "%s %s",
  async (kind, _, object) => await expectAlike(RESOURCES[kind]!, object),
  20_000,
);

test("a grant, a backend and a Gateway that come later are seen", async () => {
  const later = [
    grant("HTTPRoute"),
    service("gone", { app: "echo" }, [{ name: "http", port: 80, targetPort: 8080 }]),
    webGateway([{ name: "http" }], "nobody"),
  ];
  for (const cluster of [real, sandbox]) await createAll(cluster, structuredClone(later));
  const reasonsOf = async (name: string) => {
    const status = await statusOf(sandbox, HTTP_ROUTES, { ...ROUTES[0]!, metadata: { name, namespace: "default" } });
    const { parents } = status as { parents: { conditions: { reason: string }[] }[] };
    return parents.flatMap(({ conditions }) => conditions.map(({ reason }) => reason));
  };
  for (const name of ["not-granted", "granted", "missing-backend", "no-such-gateway"])
    await expect.poll(() => reasonsOf(name)).toEqual(["Accepted", "ResolvedRefs"]);
  for (const object of [...GATEWAYS, ...ROUTES]) await expectAlike(RESOURCES[object.kind]!, object);
}, 60_000);

test("nothing is written where nothing changed", async () => {
  const versions = async () =>
    Promise.all(
      [...GATEWAYS, ...ROUTES].map(async ({ kind, metadata: { name, namespace } }) => {
        const { metadata } = await sandbox.get(RESOURCES[kind]!, { name, namespace });
        return metadata.resourceVersion;
      }),
    );
  const before = await versions();
  await sandbox.create(SERVICES, service("unrelated", { app: "x" }, [{ name: "http", port: 80, targetPort: 80 }]));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await versions()).toEqual(before);
});
