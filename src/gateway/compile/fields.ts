// Which fields of Istio's objects the gateway honours, one explicit list per message of istio.io/api v1.31
// (networking/v1alpha3). A field that is not listed is refused aloud with its path: nothing is ignored in silence.

import { CLIENT_TLS, SERVER_TLS, TLS_ROUTE } from "./fields-tls.ts";

/** true: honoured as it is. A string: known but not honoured, and what to do instead. A message's fields: look inside. */
type Rule = true | string | Fields | Each | Values;
type Fields = Readonly<{ fields: Readonly<Record<string, Rule>> }>;
type Each = Readonly<{ each: Rule }>;
type Values = Readonly<{ values: readonly string[]; cure: string }>;

const message = (fields: Readonly<Record<string, Rule>>): Fields => ({ fields });

export interface FieldProblem {
  field: string;
  message: string;
}

/** Every set field of `spec` that is not honoured. */
export function unsupportedFields(kind: keyof typeof SHAPES, spec: unknown): FieldProblem[] {
  const problems: FieldProblem[] = [];
  walk(spec, SHAPES[kind], "spec", problems);
  return problems;
}

function walk(value: unknown, rule: Rule, field: string, problems: FieldProblem[]): void {
  if (value === undefined || value === null || rule === true) return;
  if (typeof rule === "string")
    problems.push({ field, message: `${field} is not supported by the sandbox gateway: ${rule}` });
  else if ("each" in rule) walkEach(value, rule.each, field, problems);
  else if ("values" in rule) {
    if (!(rule.values as readonly unknown[]).includes(value))
      problems.push({
        field,
        message: `${field}: ${JSON.stringify(value)} is not supported by the sandbox gateway: ${rule.cure}`,
      });
  } else walkFields(value, rule.fields, field, problems);
}

function walkEach(value: unknown, rule: Rule, field: string, problems: FieldProblem[]): void {
  if (Array.isArray(value)) value.forEach((item, i) => walk(item, rule, `${field}[${i}]`, problems));
  else if (typeof value === "object")
    for (const [key, item] of Object.entries(value as object))
      walk(item, rule, `${field}[${JSON.stringify(key)}]`, problems);
}

function walkFields(value: unknown, fields: Fields["fields"], field: string, problems: FieldProblem[]): void {
  if (typeof value !== "object") return;
  for (const [name, item] of Object.entries(value as object)) {
    const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const path = `${field}.${name}`;
    if (rule === undefined)
      problems.push({ field: path, message: `${path} is not a field that the gateway knows: check the spelling` });
    else walk(item, rule, path, problems);
  }
}

const TEXT = message({ exact: true, prefix: true, regex: true });
const OPERATIONS = message({ set: true, add: true, remove: true });
const HEADERS = message({ request: OPERATIONS, response: OPERATIONS });
const DESTINATION = message({ host: true, subset: true, port: message({ number: true }) });

const HTTP_MATCH = message({
  name: true,
  uri: TEXT,
  scheme: TEXT,
  method: TEXT,
  authority: TEXT,
  headers: { each: TEXT },
  withoutHeaders: { each: TEXT },
  queryParams: { each: TEXT },
  port: true,
  sourceLabels: true,
  sourceNamespace: true,
  gateways: true,
  ignoreUriCase: true,
  statPrefix: "it names per-route statistics, which the gateway does not keep; remove it",
});

const PERCENT = message({ value: true });

const HTTP_ROUTE = message({
  name: true,
  match: { each: HTTP_MATCH },
  route: { each: message({ destination: DESTINATION, weight: true, headers: HEADERS }) },
  redirect: message({
    uri: true,
    prefixRewrite: true,
    authority: true,
    port: true,
    derivePort: true,
    scheme: true,
    redirectCode: true,
  }),
  directResponse: message({ status: true, body: message({ string: true, bytes: true }) }),
  rewrite: message({ uri: true, authority: true, uriRegexRewrite: message({ match: true, rewrite: true }) }),
  timeout: true,
  retries: message({
    attempts: true,
    perTryTimeout: true,
    retryOn: true,
    retryIgnorePreviousHosts: true,
    backoff: true,
    retryRemoteLocalities: "the sandbox has one locality; remove it",
  }),
  headers: HEADERS,
  delegate: message({ name: true, namespace: true }),
  fault: message({
    delay: message({
      fixedDelay: true,
      percentage: PERCENT,
      percent: true,
      exponentialDelay: "use fixedDelay; Istio knows no other",
    }),
    abort: message({
      httpStatus: true,
      percentage: PERCENT,
      grpcStatus: true,
      http2Error: "use httpStatus; Istio knows no http2Error",
    }),
  }),
  mirror: DESTINATION,
  mirrors: { each: message({ destination: DESTINATION, percentage: PERCENT }) },
  mirrorPercentage: PERCENT,
  mirrorPercent: true,
  corsPolicy: message({
    allowOrigins: { each: TEXT },
    allowOrigin: true,
    allowMethods: true,
    allowHeaders: true,
    exposeHeaders: true,
    maxAge: true,
    allowCredentials: true,
    unmatchedPreflights: {
      values: ["UNSPECIFIED", "FORWARD", "IGNORE"],
      cure: "use FORWARD or IGNORE",
    },
  }),
});

const LOAD_BALANCER = message({
  simple: {
    values: ["UNSPECIFIED", "ROUND_ROBIN", "LEAST_REQUEST", "LEAST_CONN", "RANDOM"],
    cure: "use ROUND_ROBIN, LEAST_REQUEST or RANDOM",
  },
  consistentHash: message({
    httpHeaderName: true,
    httpCookie: message({
      name: true,
      path: true,
      ttl: true,
      attributes: { each: message({ name: true, value: true }) },
    }),
    useSourceIp: true,
    httpQueryParameterName: true,
    ringHash: true,
    maglev: true,
    minimumRingSize: true,
  }),
  localityLbSetting: "the sandbox has one locality",
  zoneAwareLbSetting: "the sandbox has one zone",
  warmupDurationSecs: true,
  warmup: message({ duration: true, minimumPercent: true, aggression: true }),
});

const PORT_POLICY: Readonly<Record<string, Rule>> = {
  loadBalancer: LOAD_BALANCER,
  connectionPool: message({
    tcp: message({
      maxConnections: true,
      connectTimeout: true,
      tcpKeepalive: "the sandbox's connections stay on this machine; remove it",
      maxConnectionDuration: true,
      idleTimeout: true,
    }),
    http: message({
      http1MaxPendingRequests: true,
      maxRequestsPerConnection: true,
      http2MaxRequests: true,
      maxRetries: true,
      idleTimeout: true,
      h2UpgradePolicy: {
        values: ["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"],
        cure: "use UPGRADE or DO_NOT_UPGRADE",
      },
      useClientProtocol: true,
      maxConcurrentStreams: true,
      http2KeepAlive: "the sandbox's connections stay on this machine; remove it",
    }),
  }),
  outlierDetection: message({
    consecutive5xxErrors: true,
    consecutiveGatewayErrors: true,
    interval: true,
    baseEjectionTime: true,
    maxEjectionPercent: true,
    minHealthPercent: true,
    consecutiveErrors: "use consecutive5xxErrors or consecutiveGatewayErrors",
    splitExternalLocalOriginErrors: "failed connections count as gateway errors; remove it",
    consecutiveLocalOriginFailures: "failed connections count as gateway errors; remove it",
  }),
  tls: CLIENT_TLS,
};

const TRAFFIC_POLICY = message({
  ...PORT_POLICY,
  portLevelSettings: { each: message({ port: message({ number: true }), ...PORT_POLICY }) },
  tunnel: "requests go straight to the pods",
  proxyProtocol: "remove it",
  retryBudget: message({
    percent: true,
    minRetryConcurrency: true,
    budgetInterval: "the budget counts what is running now; remove it",
  }),
});

const SHAPES = {
  VirtualService: message({
    hosts: true,
    gateways: true,
    http: { each: HTTP_ROUTE },
    tcp: "the gateway serves HTTP, and TLS by its server name; use http or tls",
    tls: { each: TLS_ROUTE },
    exportTo: true,
  }),
  DestinationRule: message({
    host: true,
    trafficPolicy: TRAFFIC_POLICY,
    subsets: { each: message({ name: true, labels: true, trafficPolicy: TRAFFIC_POLICY }) },
    exportTo: true,
    workloadSelector: "the rule is applied to the whole gateway",
  }),
  Gateway: message({
    selector: true,
    servers: {
      each: message({
        name: true,
        hosts: true,
        port: message({
          number: true,
          name: true,
          targetPort: true,
          protocol: { values: ["HTTP", "HTTPS", "TLS"], cure: "use protocol HTTP, HTTPS or TLS" },
        }),
        tls: SERVER_TLS,
        bind: "the sandbox gateway binds 127.0.0.1 and ::1",
        defaultEndpoint: "remove it",
      }),
    },
  }),
} satisfies Record<string, Fields>;
