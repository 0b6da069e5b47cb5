// The least real mesh: istiod, with its Istio objects in files and an empty API server for the rest, and one Envoy as its
// ingress gateway. Started in seconds, on loopback only.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The Gateway port, which Envoy binds as it is. */
export const GATEWAY_PORT = 18_180;

export interface RealMesh {
  /** Replaces the VirtualServices; istiod and Envoy follow within a second. */
  write(objects: readonly object[]): void;
  stop(): Promise<void>;
}

export interface RealMeshOptions {
  pilotDiscovery: string;
  envoy: string;
  kubeconfig: object;
  /** Four free ports for istiod. */
  ports: readonly [number, number, number, number];
  /** Istio objects that stay: Gateway, ServiceEntry, DestinationRule. */
  base: readonly object[];
}

export function startRealMesh({ pilotDiscovery, envoy, kubeconfig, ports, base }: RealMeshOptions): RealMesh {
  const dir = mkdtempSync(join(tmpdir(), "real-mesh-"));
  const config = join(dir, "config");
  mkdirSync(config);
  const file = (name: string, content: unknown): string => {
    const path = join(dir, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
    return path;
  };
  const write = (name: string, objects: readonly object[]) =>
    renameSync(file("next", objects.map((each) => JSON.stringify(each)).join("\n---\n")), join(config, name));
  write("base.yaml", base);
  const [grpc, http, https, monitoring] = ports;
  const files = { kubeconfig: file("kubeconfig", kubeconfig), mesh: file("mesh.yaml", MESH), config };
  const address = {
    grpc: `127.0.0.1:${grpc}`,
    http: `127.0.0.1:${http}`,
    https: `127.0.0.1:${https}`,
    monitoring: `127.0.0.1:${monitoring}`,
  };
  const children = [
    spawn(pilotDiscovery, pilotArguments(files, address), {
      stdio: "ignore",
      env: { ...process.env, ...PILOT_ENVIRONMENT },
    }),
    spawn(envoy, ["-c", file("envoy.json", envoyBootstrap(grpc)), "--concurrency", "1", "-l", "critical"], {
      stdio: "ignore",
    }),
  ];
  return {
    write: (objects) => write("routes.yaml", objects),
    async stop() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map(ended));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const MESH = {
  rootNamespace: "istio-system",
  enableAutoMtls: false,
  defaultProviders: {},
  ingressControllerMode: "OFF",
};

const PILOT_ENVIRONMENT = {
  ENABLE_CA_SERVER: "false",
  PILOT_CERT_PROVIDER: "none",
  INJECT_ENABLED: "false",
  INJECTION_WEBHOOK_CONFIG_NAME: "",
  VALIDATION_WEBHOOK_CONFIG_NAME: "",
  ENABLE_LEADER_ELECTION: "false",
  PILOT_ENABLE_GATEWAY_API: "false",
  PILOT_ENABLE_METADATA_EXCHANGE: "false",
  PILOT_ENABLE_ALPN_FILTER: "false",
  POD_NAME: "istiod",
  POD_NAMESPACE: "istio-system",
};

function pilotArguments(
  files: { kubeconfig: string; mesh: string; config: string },
  address: { grpc: string; http: string; https: string; monitoring: string },
): string[] {
  const options = {
    configDir: files.config,
    kubeconfig: files.kubeconfig,
    meshConfig: files.mesh,
    namespace: "istio-system",
    clusterID: "Kubernetes",
    ctrlz_port: "0",
    secureGRPCAddr: "",
    grpcAddr: address.grpc,
    httpAddr: address.http,
    httpsAddr: address.https,
    monitoringAddr: address.monitoring,
  };
  return ["discovery", ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)];
}

function envoyBootstrap(xdsPort: number): object {
  const ads = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  const http2 = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http2_protocol_options: {} },
  };
  const endpoint = { address: { socket_address: { address: "127.0.0.1", port_value: xdsPort } } };
  return {
    node: {
      id: "router~127.0.0.1~gw.istio-system~istio-system.svc.cluster.local",
      cluster: "istio-ingressgateway",
      metadata: {
        NAMESPACE: "istio-system",
        LABELS: { istio: "ingressgateway", app: "istio-ingressgateway" },
        CLUSTER_ID: "Kubernetes",
        ISTIO_VERSION: "1.31.0",
      },
    },
    dynamic_resources: {
      lds_config: ads,
      cds_config: ads,
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: "xds" } }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: "xds",
          type: "STATIC",
          connect_timeout: "1s",
          typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2 },
          load_assignment: { cluster_name: "xds", endpoints: [{ lb_endpoints: [{ endpoint }] }] },
        },
      ],
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}
