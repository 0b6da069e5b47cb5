// How istiod and Envoy are told to form a mesh of one gateway, without certificates, webhooks and injection.

import { join } from "node:path";

export interface MeshPorts {
  grpc: number;
  http: number;
  https: number;
  monitoring: number;
  admin: number;
  /** Gateway port to the port that Envoy binds. */
  gateway: Readonly<Record<number, number>>;
}

export const MESH_CONFIG = {
  rootNamespace: "istio-system",
  enableAutoMtls: false,
  defaultProviders: {},
  ingressControllerMode: "OFF",
};

/** An upstream build of Envoy lacks Istio's own filters, so istiod is told to leave them out. */
export const ISTIOD_ENVIRONMENT = {
  ENABLE_CA_SERVER: "false",
  ENABLE_LEADER_ELECTION: "false",
  INJECT_ENABLED: "false",
  INJECTION_WEBHOOK_CONFIG_NAME: "",
  PILOT_CERT_PROVIDER: "none",
  PILOT_ENABLE_ALPN_FILTER: "false",
  PILOT_ENABLE_GATEWAY_API: "false",
  PILOT_ENABLE_METADATA_EXCHANGE: "false",
  POD_NAME: "istiod",
  POD_NAMESPACE: "istio-system",
  VALIDATION_WEBHOOK_CONFIG_NAME: "",
};

export function istiodArguments(home: string, ports: MeshPorts): string[] {
  return [
    "discovery",
    ...["--kubeconfig", join(home, "kubeconfig"), "--meshConfig", join(home, "mesh.yaml")],
    ...["--namespace", "istio-system", "--clusterID", "Kubernetes"],
    ...["--grpcAddr", `127.0.0.1:${ports.grpc}`, "--secureGRPCAddr", ""],
    ...["--httpAddr", `127.0.0.1:${ports.http}`, "--httpsAddr", `127.0.0.1:${ports.https}`],
    ...["--monitoringAddr", `127.0.0.1:${ports.monitoring}`, "--ctrlz_port", "0"],
  ];
}

/** An Envoy that asks istiod for everything else. */
export function envoyBootstrap(ports: MeshPorts): object {
  const discovered = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  const http2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  };
  return {
    node: {
      id: "router~127.0.0.1~gateway.istio-system~istio-system.svc.cluster.local",
      cluster: "istio-ingressgateway",
      metadata: {
        NAMESPACE: "istio-system",
        LABELS: { app: "istio-ingressgateway", istio: "ingressgateway" },
        CLUSTER_ID: "Kubernetes",
        ISTIO_VERSION: "1.31.1",
      },
    },
    admin: { address: address(ports.admin) },
    dynamic_resources: {
      lds_config: discovered,
      cds_config: discovered,
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: "istiod" } }],
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
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(ports.grpc) } }] }],
          },
        },
      ],
    },
  };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
