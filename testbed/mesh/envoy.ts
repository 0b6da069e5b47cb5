// An Envoy that istiod takes for a gateway's proxy: all but the address of istiod comes from there.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";

export interface EnvoyOptions {
  program: string;
  /** For its log and bootstrap. */
  home: string;
  xdsPort: number;
  /** Its own statistics. */
  adminPort: number;
  labels?: Readonly<Record<string, string>>;
  name?: string;
  /** Whom istiod takes it for: `ns/istio-system/sa/name`. Absent: nobody, who gets no Secret. */
  identity?: string;
}

/** Labels of the stock ingress gateway, which the Gateways of most manifests select. */
export const INGRESS_LABELS = { app: "istio-ingressgateway", istio: "ingressgateway" };

export function startEnvoy({ program, home, name = "envoy", ...options }: EnvoyOptions): Child {
  const file = join(home, `${name}.json`);
  writeFileSync(file, JSON.stringify(bootstrap({ name, ...options })));
  // Without a base id of its own, a second Envoy on the machine would refuse to start.
  const args = ["-c", file, "--concurrency", "1", "-l", "warning", "--use-dynamic-base-id"];
  return startChild({ home, name, program, args });
}

/** What Istio's own bootstrap switches: without it Envoy would refuse requests that Istio's gateways serve. */
export const ISTIO_RUNTIME = {
  layers: [
    {
      name: "global config",
      static_layer: {
        "envoy.reloadable_features.http_reject_path_with_fragment": false,
        "re2.max_program_size.error_level": 32_768,
      },
    },
  ],
};

function bootstrap({
  xdsPort,
  adminPort,
  name,
  labels = INGRESS_LABELS,
  identity,
}: Omit<EnvoyOptions, "program" | "home">): object {
  const discovered = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  const http2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  };
  return {
    node: {
      id: `router~127.0.0.1~${name}.istio-system~istio-system.svc.cluster.local`,
      cluster: "istio-ingressgateway",
      metadata: { NAMESPACE: "istio-system", LABELS: labels, CLUSTER_ID: "Kubernetes", ISTIO_VERSION: "1.31.1" },
    },
    admin: { address: address(adminPort) },
    layered_runtime: ISTIO_RUNTIME,
    dynamic_resources: {
      lds_config: discovered,
      cds_config: discovered,
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: "istiod" }, initial_metadata: metadata(identity) }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: "istiod",
          type: "STATIC",
          connect_timeout: "1s",
          typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2 },
          load_assignment: {
            cluster_name: "istiod",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(xdsPort) } }] }],
          },
        },
      ],
    },
  };
}

/** As a gateway in front of istiod would say whose certificate it has seen; istiod believes it on loopback when IDENTITY_BY_HEADER is set. */
function metadata(identity: string | undefined): object[] {
  return identity === undefined
    ? []
    : [{ key: "x-forwarded-client-cert", value: `URI=spiffe://cluster.local/${identity}` }];
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
