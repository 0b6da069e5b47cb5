// Envoy as istiod 1.31 configures an ingress gateway's listener, routes and clusters, in what matters for speed. Its statistics are
// its own, always on; Istio's filter that counts by workload, and costs more, is not in Envoy's own build.

import { type ProxyPorts, type UpstreamPorts, VERSIONS } from "./nginx.ts";

/** istiod's EnvoyTextLogFormat. */
const LOG_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

const type = (name: string) => `type.googleapis.com/envoy.${name}`;
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });

export function envoyConfig(logFile: string, ports: ProxyPorts, upstream: UpstreamPorts, routes: number): string {
  const manager = {
    "@type": type("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "ingress",
    use_remote_address: true,
    server_name: "istio-envoy",
    normalize_path: true,
    path_with_escaped_slashes_action: "KEEP_UNCHANGED",
    access_log: [accessLog(logFile)],
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          include_request_attempt_count: true,
          routes: Array.from({ length: routes }, (_, n) => route(n)),
        },
      ],
    },
    http_filters: [{ name: "router", typed_config: { "@type": type("extensions.filters.http.router.v3.Router") } }],
  };
  return JSON.stringify({
    admin: { address: address(ports.stats) },
    static_resources: {
      listeners: [
        { address: address(ports.listen), filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] },
      ],
      clusters: VERSIONS.map((version) => cluster(version, upstream[version])),
    },
  });
}

function accessLog(path: string) {
  const format = { text_format_source: { inline_string: LOG_FORMAT } };
  return {
    name: "file",
    typed_config: { "@type": type("extensions.access_loggers.file.v3.FileAccessLog"), path, log_format: format },
  };
}

function route(n: number) {
  return {
    match: { prefix: `/service-${n}/` },
    route: {
      timeout: "0s",
      weighted_clusters: {
        clusters: [
          { name: "v1", weight: 80 },
          { name: "v2", weight: 20 },
        ],
      },
      retry_policy: {
        retry_on: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
        num_retries: 2,
        retry_host_predicate: [
          {
            name: "envoy.retry_host_predicates.previous_hosts",
            typed_config: { "@type": type("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate") },
          },
        ],
        host_selection_retry_max_attempts: "5",
      },
    },
  };
}

function cluster(name: string, port: number) {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }];
  return {
    name,
    type: "STATIC",
    connect_timeout: "10s",
    lb_policy: "LEAST_REQUEST",
    load_assignment: { cluster_name: name, endpoints },
    // As istiod sets them: no limits.
    circuit_breakers: {
      thresholds: [
        {
          max_connections: 4_294_967_295,
          max_pending_requests: 4_294_967_295,
          max_requests: 4_294_967_295,
          max_retries: 4_294_967_295,
          track_remaining: true,
        },
      ],
    },
  };
}
