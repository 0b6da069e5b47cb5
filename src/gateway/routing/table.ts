// The compiled route table: what the gateway works by, immutable, swapped as a whole. Built by compile.ts from objects alone;
// what moves (counters, connections, positions in a split) lives elsewhere and is found by the keys that are in here.

import type { Condition, PathMatch, TextTest } from "./conditions.ts";
import type { TlsSettings, UpstreamTls } from "./tls-settings.ts";

export interface RouteTable {
  /** Plain text, by the Gateway port number that the request came in on. */
  ports: ReadonlyMap<number, VirtualHosts>;
  /** By port number: those that have TLS servers. */
  tls: ReadonlyMap<number, TlsPort>;
  /** By cluster key, as istiod names them: `outbound|80|v1|echo.default.svc.cluster.local`. */
  clusters: ReadonlyMap<string, Cluster>;
}

/** Found by host name: exact names first, then the longest wildcard, then "*". */
export interface ByHost<T> {
  exact: ReadonlyMap<string, T>;
  /** Lengths of the known suffixes, longest first. */
  suffixLengths: readonly number[];
  /** By suffix: ".example.com" for "*.example.com"; "" for "*". */
  suffixes: ReadonlyMap<string, T>;
}

export type VirtualHosts = ByHost<VirtualHost>;

export interface TlsPort {
  /** By the name that the client asks for before anything is encrypted (SNI); "*" serves those without one, too. */
  servers: ByHost<TlsServer>;
  byKey: ReadonlyMap<string, TlsServer>;
}

export type TlsServer = TerminatingServer | PassthroughServer | ClosedServer;

export interface TerminatingServer {
  kind: "terminate";
  /** istiod's name of the server's routes: `https.443.https.shop.default`. */
  key: string;
  settings: TlsSettings;
  hosts: VirtualHosts;
}

/** Bytes go on as they come. */
export interface PassthroughServer {
  kind: "passthrough";
  key: string;
  action: Split;
}

/** It has never had a certificate that could be used: connections are closed. */
interface ClosedServer {
  kind: "closed";
  key: string;
}

export interface VirtualHost {
  domain: string;
  routes: readonly Route[];
  index: RouteIndex;
}

/** Which of a host's routes can match a path at all; keeps the cost flat in their number. */
export interface RouteIndex {
  exact: ReadonlyMap<string, readonly number[]>;
  prefixEnds: readonly { length: number; lastCode: number }[];
  prefixes: ReadonlyMap<string, readonly number[]>;
  /** Regular expressions and paths without case: tried for every request. */
  others: readonly number[];
}

export interface Route {
  /** Where it is written. `match` is undefined for a route without conditions. */
  source: RouteSource;
  /** What the access log calls it; "" when it has no name. */
  name: string;
  path: PathMatch;
  conditions: readonly Condition[];
  action: RouteAction;
  headers: HeaderEdits;
}

interface RouteSource {
  /** Absent: a VirtualService. */
  kind?: RouteOrigin["kind"];
  namespace: string;
  name: string;
  /** Position in spec.http or spec.rules. */
  http: number;
  /** The delegate's own place, when it is merged with one. */
  delegate: string | undefined;
  match: number | undefined;
}

/** The object of Gateway API that a route is written in. */
export interface RouteOrigin {
  kind: "HTTPRoute" | "GRPCRoute";
  namespace: string;
  name: string;
  match: number | undefined;
}

export type RouteAction =
  | ForwardAction
  | { kind: "redirect"; redirect: Redirect }
  | { kind: "https-redirect" }
  | { kind: "direct"; status: number; body: Uint8Array };

export interface Split {
  /** Names the position in the split; equal for every match of one http route, and for as long as its weights stay. */
  splitKey: string;
  destinations: readonly WeightedDestination[];
}

export interface ForwardAction extends Split {
  kind: "forward";
  timeoutMs: number | undefined;
  retry: RetryPolicy | undefined;
  rewrite: Rewrite | undefined;
  /** Undefined where there are none, so that the hot path has one test. */
  filters: RouteFilters | undefined;
  /** Undefined where there are none, again. */
  mirrors: readonly Mirror[] | undefined;
  /** The answer where a destination has no cluster; 503 where it is absent. */
  missingClusterStatus?: number;
}

export interface Mirror extends Chance {
  clusterKey: string;
  host: string;
  subset: string | undefined;
}

/** What is done before a request is forwarded. */
export interface RouteFilters {
  fault: Fault | undefined;
  cors: Cors | undefined;
}

export interface Cors {
  origins: readonly TextTest[];
  credentials: boolean;
  /** Header values; "" leaves the header out. */
  methods: string;
  headers: string;
  expose: string;
  maxAge: string;
  /** Preflights of other origins go to the application. */
  forwardUnmatched: boolean;
}

export interface Fault {
  delay: Chance & { delayMs: number };
  abort: Chance & {
    status: number;
    /** What a gRPC client gets; undefined: it follows from the status. */
    grpcStatus: number | undefined;
  };
}

/** Envoy counts shares of requests in millionths. */
export interface Chance {
  perMillion: number;
}

export interface WeightedDestination {
  clusterKey: string;
  host: string;
  subset: string | undefined;
  weight: number;
  headers: HeaderEdits;
}

/** Undefined where there is nothing to edit, so that the hot path has one test. */
export interface HeaderEdits {
  request: HeaderEdit | undefined;
  response: HeaderEdit | undefined;
  /** A `Host` that the request operations set. */
  authority: string | undefined;
}

export interface HeaderEdit {
  /** Lower-case names, taken away before anything is written, as Envoy does. */
  remove: readonly string[];
  /** In order; `append` keeps what is there, else it is replaced. */
  write: readonly { name: string; value: string; append: boolean }[];
}

export interface RetryPolicy {
  attempts: number;
  /** Envoy's conditions: `connect-failure`, `5xx`, `reset`, … */
  on: ReadonlySet<string>;
  statusCodes: ReadonlySet<number>;
  perTryTimeoutMs: number | undefined;
  /** By default a retry goes elsewhere, but a hashed one stays. */
  avoidPreviousHosts: boolean | "unless-hashed";
  backoffBaseMs: number;
}

export interface Rewrite {
  authority: string | undefined;
  /** Replaces the matched prefix (or the whole path of an exact match). */
  prefix: string | undefined;
  regex: { replace(path: string): string; text: string } | undefined;
}

export interface Redirect {
  path: string | undefined;
  prefixRewrite: string | undefined;
  authority: string | undefined;
  port: number | undefined;
  scheme: string | undefined;
  code: number;
}

export interface Cluster {
  key: string;
  host: string;
  service: { name: string; namespace: string };
  subset: string | undefined;
  balance: Balance;
  /** New endpoints get their share little by little; not with a hash or `random`. */
  warmUp: WarmUp | undefined;
  /** Overrides `balance`: consistent hashing. */
  hash: HashPolicy | undefined;
  outlier: OutlierPolicy | undefined;
  limits: ConnectionLimits | undefined;
  /** Undefined: as many retries at once as like. */
  retryCeiling: RetryCeiling | undefined;
  transport: Transport | undefined;
  protocol: UpstreamProtocol;
  /** Undefined: plain text. */
  tls: UpstreamTls | "unavailable" | undefined;
  /** Ready ones only, in order of address. */
  endpoints: readonly Endpoint[];
}

/** `client`: what the client speaks. */
export type UpstreamProtocol = "http1" | "http2" | "client";

/** Infinity: as many as like. */
export interface ConnectionLimits {
  maxConnections: number;
  maxPending: number;
  /** Whatever the number of connections. */
  maxRequests: number;
}

export type RetryCeiling =
  | { by: "number"; maxRetries: number }
  | { by: "budget"; percent: number; minConcurrency: number };

/** Undefined: the defaults. */
export interface Transport {
  /** Of one endpoint; the cluster's own limit lets no more requests run, but a connection takes a moment to be free again. */
  maxConnections: number | undefined;
  connectTimeoutMs: number | undefined;
  maxRequestsPerConnection: number | undefined;
  /** Of an unused connection; zero: for ever. */
  idleTimeoutMs: number | undefined;
  /** An older connection takes no new request. */
  maxConnectionAgeMs: number | undefined;
  /** HTTP/2: requests at once on one connection. */
  maxStreams: number | undefined;
}

export interface WarmUp {
  windowMs: number;
  /** Of the full share, 0 to 1. */
  minimumShare: number;
  /** 1: linear; above: faster at first. */
  aggression: number;
}

/** Zero turns a count off. */
export interface OutlierPolicy {
  consecutiveErrors: number;
  consecutiveGatewayErrors: number;
  intervalMs: number;
  baseEjectionMs: number;
  maxEjectionPercent: number;
  minHealthPercent: number;
}

export type HashPolicy =
  | { by: "header" | "queryParam"; name: string }
  | { by: "sourceIp" }
  | {
      by: "cookie";
      name: string;
      path: string;
      /** Undefined: none is given to a client that has none. Zero: until the browser closes. */
      ttlSeconds: number | undefined;
      attributes: readonly { name: string; value: string }[];
    };

export type Balance = "least_request" | "round_robin" | "random";

export interface Endpoint {
  /** `127.0.1.5:8080`: what metrics and the access log show. */
  address: string;
  /** What is dialled; differs from `address` only where pods have no addresses of their own. */
  dial: string;
  pod: string | undefined;
  workload: Workload;
}

/** What Istio's metrics call the destination. */
export interface Workload {
  name: string;
  namespace: string;
  version: string;
  app: string;
  canonicalService: string;
  canonicalRevision: string;
}

/** What stands between an object and its being honoured. */
export interface Problem {
  /** Which object. */
  kind: "VirtualService" | "DestinationRule" | "Gateway";
  namespace: string;
  name: string;
  /** Dotted path of the field: `spec.http[0].mirror`. */
  field: string;
  message: string;
  /** What the gateway does about it. */
  effect: "refused" | "partly-honoured";
}
