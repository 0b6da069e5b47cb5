// What changes while requests run: weights, whole VirtualServices, DestinationRules' policies, pods. Each change is one that a
// careful operator may make at any time: none of them is a reason for a failed request.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  GATEWAYS,
  type Resource,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import type { Service } from "../../src/core/kubernetes/workload.ts";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { Random } from "../../src/gateway/random.ts";
import type { Cluster, JsonPatchOperation } from "../../src/ports/cluster.ts";
import { object, type PodPorts, type Pods } from "./pods.ts";
import { HOST } from "./traffic.ts";

const ISTIO = "networking.istio.io/v1";
const VERSIONS = ["v1", "v2"] as const;
const MOST_PODS = 5;
const SIDES = 8;

const [HTTP, HTTP2, GRPC] = [80, 81, 82];

/** Which protocol a pod is spoken to in is told in both ways that there are: by `appProtocol`, and by the port's name. */
export function service(name: string, { http, http2, grpc }: PodPorts): Service {
  const ports = [
    { name: "http", port: HTTP, targetPort: http },
    { name: "streams", port: HTTP2, targetPort: http2, appProtocol: "kubernetes.io/h2c" },
    { name: "grpc", port: GRPC, targetPort: grpc },
  ];
  return object("v1", "Service", name, { selector: { app: "echo" }, ports }) as Service;
}

export async function setUpWorld(cluster: Cluster, services: readonly Service[]): Promise<void> {
  for (const each of services) await cluster.create(SERVICES, each);
  await cluster.create(GATEWAYS, gatewayObject());
  await cluster.create(DESTINATION_RULES, object(ISTIO, "DestinationRule", "echo", { host: "echo", subsets: SUBSETS }));
  const spec = { hosts: [HOST], gateways: ["gw"], http: mainRoutes(50) };
  await cluster.create(VIRTUAL_SERVICES, object(ISTIO, "VirtualService", "echo", spec));
}

const SUBSETS = VERSIONS.map((version) => ({ name: version, labels: { version } }));

function gatewayObject(): KubeObject {
  const servers = [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }];
  return object(ISTIO, "Gateway", "gw", { selector: { istio: "ingressgateway" }, servers });
}

function mainRoutes(v2: number): HttpRoute[] {
  const to = (port: number) =>
    Object.entries({ v1: 100 - v2, v2 }).map(([subset, weight]) => ({
      destination: { host: "echo", subset, port: { number: port } },
      weight,
    }));
  return [
    { match: [{ uri: { prefix: "/direct" } }], directResponse: { status: 200, body: { string: "direct" } } },
    { match: [{ uri: { prefix: "/old" } }], redirect: { uri: "/new" } },
    { match: [{ uri: { prefix: "/h2/" } }], route: to(HTTP2) },
    { match: [{ uri: { prefix: "/soak.Echo/" } }], route: to(GRPC) },
    { route: to(HTTP) },
  ];
}

export interface Churn {
  /** How many changes of each kind were made. */
  counts: Readonly<Record<string, number>>;
  /** Changes that the API refused: a mistake of the soak. */
  errors: readonly string[];
  stop(): Promise<void>;
}

export interface ChurnOptions {
  cluster: Cluster;
  pods: Pods;
  random: Random;
  /** On average. */
  everyMs: number;
}

export function startChurn({ cluster, pods, random, everyMs }: ChurnOptions): Churn {
  const counts: Record<string, number> = {};
  const errors: string[] = [];
  const changes = changesOf(cluster, pods, random);
  const total = changes.reduce((sum, { share }) => sum + share, 0);
  const state = { stopped: false };
  const one = async () => {
    let ticket = random() * total;
    const change = changes.find(({ share }) => (ticket -= share) < 0)!;
    counts[change.name] = (counts[change.name] ?? 0) + 1;
    await change.make().catch((error: unknown) => errors.push(`${change.name}: ${String(error)}`));
  };
  const running = (async () => {
    while (!state.stopped) {
      await one();
      await new Promise((resolve) => setTimeout(resolve, everyMs * (0.5 + random())));
    }
  })();
  return {
    counts,
    errors,
    async stop() {
      state.stopped = true;
      await running;
    },
  };
}

interface ChangeKind {
  name: string;
  share: number;
  make(): Promise<void>;
}

function changesOf(cluster: Cluster, pods: Pods, random: Random): ChangeKind[] {
  const any = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const set = async (resource: Resource, name: string, path: string, value: unknown) => {
    const operations: JsonPatchOperation[] = [{ op: "add", path, value }];
    await cluster.patch(resource, { namespace: "default", name }, { type: "json", operations });
  };
  const there = new Set<string>();
  /** Comes, changes a few times, goes. */
  const flip = async (resource: Resource, made: KubeObject) => {
    const { name } = made.metadata;
    if (!there.has(name)) await cluster.create(resource, made);
    else if (random() < 0.5) return await set(resource, name, "/spec", made["spec"]);
    else await cluster.delete(resource, { namespace: "default", name });
    if (!there.delete(name)) there.add(name);
  };
  return [
    {
      name: "weights",
      share: 3,
      make: () => set(VIRTUAL_SERVICES, "echo", "/spec/http", mainRoutes(Math.floor(random() * 101))),
    },
    {
      name: "whole VirtualServices",
      share: 3,
      make: () => flip(VIRTUAL_SERVICES, sideVirtualService(Math.floor(random() * SIDES), random)),
    },
    {
      name: "policy of a DestinationRule",
      share: 2,
      make: () => set(DESTINATION_RULES, "echo", "/spec/trafficPolicy", any(POLICIES)),
    },
    {
      name: "whole DestinationRules",
      share: 1,
      make: () =>
        flip(
          DESTINATION_RULES,
          object(ISTIO, "DestinationRule", "echo-too", { host: "echo-too", trafficPolicy: any(POLICIES) }),
        ),
    },
    { name: "pods", share: 2, make: () => movePod(pods, any(VERSIONS), random) },
  ];
}

/** Never fewer than two of a version are ready. */
async function movePod(pods: Pods, version: string, random: Random): Promise<void> {
  const ready = pods.ready(version);
  if (ready <= 2 || (ready < MOST_PODS && random() < 0.5)) await pods.add(version);
  else await pods.remove(version);
}

const POLICIES = [
  {},
  { loadBalancer: { simple: "ROUND_ROBIN" } },
  { loadBalancer: { simple: "RANDOM" } },
  { loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } },
  { loadBalancer: { consistentHash: { httpCookie: { name: "soak", ttl: "60s" } } } },
  { connectionPool: { tcp: { maxConnections: 5_000, connectTimeout: "9s" } } },
  { connectionPool: { http: { http1MaxPendingRequests: 5_000, maxRequestsPerConnection: 50 } } },
  { connectionPool: { http: { maxConcurrentStreams: 4 } } },
  { outlierDetection: { consecutive5xxErrors: 5, interval: "5s", baseEjectionTime: "5s" } },
];

/** Up to fifty routes; the last one takes the requests. */
function sideVirtualService(n: number, random: Random): KubeObject {
  const to = { destination: { host: "echo-too", port: { number: HTTP } } };
  const path = `/side/${n}/`;
  const others = Array.from(
    { length: Math.floor(random() * 50) },
    (_, i): HttpRoute => ({
      match: [{ uri: i % 5 === 0 ? { regex: `/side/${n}/r${i}-[a-z]+` } : { exact: `${path}e${i}` } }],
      route: [to],
    }),
  );
  const features: HttpRoute[] = [
    {},
    { timeout: "20s", retries: { attempts: 3, perTryTimeout: "10s" } },
    {
      rewrite: { uri: "/rewritten/" },
      headers: { request: { set: { "x-a": "b" } }, response: { add: { "x-c": "d" } } },
    },
    { mirror: { host: "echo", subset: "v1", port: { number: HTTP } }, mirrorPercentage: { value: 50 } },
    { fault: { delay: { fixedDelay: "0.02s", percentage: { value: 50 } } } },
    { corsPolicy: { allowOrigins: [{ exact: "https://a.example" }], allowMethods: ["GET"] } },
  ];
  const feature = features[Math.floor(random() * features.length)]!;
  const http: HttpRoute[] = [...others, { match: [{ uri: { prefix: path } }], route: [to], ...feature }];
  return object(ISTIO, "VirtualService", `side-${n}`, { hosts: [HOST], gateways: ["gw"], http });
}
