// A real Envoy without istiod: one listener set up as istiod sets up an ingress gateway's, one route, one cluster. For what depends on
// bytes and time rather than on objects.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { ISTIO_RUNTIME } from "./envoy.ts";

export interface StaticEnvoyOptions {
  program: string;
  home: string;
  port: number;
  adminPort: number;
  upstreamPort: number;
  /** Merged into what it says of itself. */
  manager?: object;
  route?: object;
  cluster?: object;
}

/** `logFile` gets a line per request: status, flags, details. */
export function startStaticEnvoy({ program, home, ...options }: StaticEnvoyOptions): { child: Child; logFile: string } {
  const file = join(home, "static-envoy.json");
  const logFile = join(home, "access.log");
  writeFileSync(file, JSON.stringify(bootstrap(options, logFile)));
  const args = ["-c", file, "--concurrency", "1", "-l", "error", "--use-dynamic-base-id"];
  return { child: startChild({ home, name: "static-envoy", program, args }), logFile };
}

type Shape = Omit<StaticEnvoyOptions, "program" | "home">;

function bootstrap(options: Shape, logFile: string): object {
  return {
    admin: { address: address(options.adminPort) },
    layered_runtime: ISTIO_RUNTIME,
    static_resources: { listeners: [listener(options, logFile)], clusters: [cluster(options)] },
  };
}

/** As buildGatewayConnectionManager and buildHTTPConnectionManager in pilot/pkg/networking/core have it. */
function listener({ port, manager = {}, route = {} }: Shape, logFile: string): object {
  const format = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %REQ(:PATH)%\n";
  return {
    address: address(port),
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type":
                "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              stat_prefix: "outbound",
              codec_type: "AUTO",
              server_name: "istio-envoy",
              use_remote_address: true,
              normalize_path: true,
              path_with_escaped_slashes_action: "KEEP_UNCHANGED",
              stream_idle_timeout: "0s",
              proxy_100_continue: true,
              forward_client_cert_details: "SANITIZE_SET",
              http_protocol_options: {},
              upgrade_configs: [{ upgrade_type: "websocket" }],
              access_log: [
                {
                  name: "envoy.access_loggers.file",
                  typed_config: {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                    path: logFile,
                    log_format: { text_format_source: { inline_string: format } },
                  },
                },
              ],
              route_config: {
                name: "all",
                virtual_hosts: [
                  {
                    name: "all",
                    domains: ["*"],
                    routes: [{ match: { prefix: "/" }, route: { cluster: "upstream", timeout: "0s", ...route } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: "envoy.filters.http.router",
                  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
                },
              ],
              ...manager,
            },
          },
        ],
      },
    ],
  };
}

function cluster({ upstreamPort, cluster = {} }: Shape): object {
  return {
    name: "upstream",
    type: "STATIC",
    connect_timeout: "10s",
    load_assignment: {
      cluster_name: "upstream",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] }],
    },
    ...cluster,
  };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
