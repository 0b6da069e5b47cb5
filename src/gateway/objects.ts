// The Istio objects that the gateway reads, as they are written in YAML. Fields: https://istio.io/latest/docs/reference/config/networking/
// What is not typed here is found by fields.ts and refused aloud, so nothing is ignored in silence.

import type { KubeObject } from "../core/kubernetes/object.ts";

export interface VirtualService extends KubeObject {
  spec: {
    hosts?: string[];
    gateways?: string[];
    http?: HttpRoute[];
    tls?: TlsRoute[];
    exportTo?: string[];
  };
}

export interface HttpRoute {
  name?: string;
  match?: HttpMatch[];
  route?: RouteDestination[];
  redirect?: HttpRedirect;
  directResponse?: { status: number; body?: { string?: string; bytes?: string } };
  rewrite?: { uri?: string; authority?: string; uriRegexRewrite?: { match: string; rewrite: string } };
  timeout?: string;
  retries?: HttpRetry;
  headers?: Headers;
  fault?: HttpFault;
  mirror?: Destination;
  mirrors?: { destination?: Destination; percentage?: Percent }[];
  mirrorPercentage?: Percent;
  mirrorPercent?: number;
  corsPolicy?: HttpCors;
  delegate?: { name?: string; namespace?: string };
}

export interface TlsRoute {
  match?: { sniHosts?: string[]; port?: number; gateways?: string[] }[];
  route?: RouteDestination[];
}

export interface HttpCors {
  allowOrigins?: StringMatch[];
  allowOrigin?: string[];
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: string;
  allowCredentials?: boolean;
  unmatchedPreflights?: "UNSPECIFIED" | "FORWARD" | "IGNORE";
}

export interface HttpFault {
  delay?: { fixedDelay?: string; percentage?: Percent; percent?: number };
  abort?: { httpStatus?: number; grpcStatus?: string; percentage?: Percent };
}

/** 0.0001 to 100. */
export interface Percent {
  value?: number;
}

export interface HttpMatch {
  name?: string;
  uri?: StringMatch;
  scheme?: StringMatch;
  method?: StringMatch;
  authority?: StringMatch;
  headers?: Record<string, StringMatch>;
  withoutHeaders?: Record<string, StringMatch>;
  queryParams?: Record<string, StringMatch>;
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
  ignoreUriCase?: boolean;
}

export interface StringMatch {
  exact?: string;
  prefix?: string;
  regex?: string;
}

export interface RouteDestination {
  destination: Destination;
  weight?: number;
  headers?: Headers;
}

export interface Destination {
  host: string;
  subset?: string;
  port?: { number?: number };
}

export interface HttpRedirect {
  uri?: string;
  prefixRewrite?: string;
  authority?: string;
  port?: number;
  derivePort?: "FROM_PROTOCOL_DEFAULT" | "FROM_REQUEST_PORT";
  scheme?: string;
  redirectCode?: number;
}

export interface HttpRetry {
  attempts?: number;
  perTryTimeout?: string;
  retryOn?: string;
  retryIgnorePreviousHosts?: boolean;
  backoff?: string;
}

export interface Headers {
  request?: HeaderOperations;
  response?: HeaderOperations;
}

export interface HeaderOperations {
  set?: Record<string, string>;
  add?: Record<string, string>;
  remove?: string[];
}

export interface DestinationRule extends KubeObject {
  spec: {
    host: string;
    trafficPolicy?: TrafficPolicy;
    subsets?: { name: string; labels?: Record<string, string>; trafficPolicy?: TrafficPolicy }[];
    exportTo?: string[];
  };
}

export interface TrafficPolicy extends PortPolicy {
  portLevelSettings?: (PortPolicy & { port?: { number?: number } })[];
  retryBudget?: { percent?: number; minRetryConcurrency?: number };
}

/** What may be said for a single port, too. */
export interface PortPolicy {
  loadBalancer?: LoadBalancer;
  tls?: ClientTls;
  outlierDetection?: OutlierDetection;
  connectionPool?: ConnectionPool;
}

export interface ClientTls {
  /** DISABLE where nothing is said. */
  mode?: string;
  credentialName?: string;
  sni?: string;
  subjectAltNames?: string[];
  insecureSkipVerify?: boolean;
}

export interface LoadBalancer {
  simple?: string;
  consistentHash?: ConsistentHash;
  warmup?: { duration?: string; minimumPercent?: number; aggression?: number };
  warmupDurationSecs?: string;
}

export interface ConnectionPool {
  tcp?: { maxConnections?: number; connectTimeout?: string; idleTimeout?: string; maxConnectionDuration?: string };
  http?: {
    http1MaxPendingRequests?: number;
    http2MaxRequests?: number;
    maxRequestsPerConnection?: number;
    maxRetries?: number;
    idleTimeout?: string;
    h2UpgradePolicy?: string;
    useClientProtocol?: boolean;
    maxConcurrentStreams?: number;
  };
}

export interface OutlierDetection {
  consecutive5xxErrors?: number;
  consecutiveGatewayErrors?: number;
  interval?: string;
  baseEjectionTime?: string;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
}

export interface ConsistentHash {
  httpHeaderName?: string;
  httpCookie?: { name?: string; path?: string; ttl?: string; attributes?: { name?: string; value?: string }[] };
  useSourceIp?: boolean;
  httpQueryParameterName?: string;
}

export interface IstioGateway extends KubeObject {
  spec: {
    selector?: Record<string, string>;
    servers?: GatewayServer[];
  };
}

export interface GatewayServer {
  name?: string;
  port?: { number: number; name?: string; protocol: string };
  hosts?: string[];
  tls?: ServerTls;
}

export interface ServerTls {
  httpsRedirect?: boolean;
  /** PASSTHROUGH where nothing is said. */
  mode?: string;
  credentialName?: string;
  credentialNames?: string[];
  subjectAltNames?: string[];
  minProtocolVersion?: string;
  maxProtocolVersion?: string;
  cipherSuites?: string[];
}
