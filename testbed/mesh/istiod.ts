// istiod against any API server that a kubeconfig names, without certificates, webhooks and injection.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "../../src/core/kubernetes/resource.ts";
import { freePorts } from "../free-ports.ts";
import { type Child, startChild } from "./child.ts";

export interface IstiodOptions {
  program: string;
  /** For its log and mesh configuration. */
  home: string;
  kubeconfigFile: string;
  /** Beside or instead of the usual environment. */
  env?: Readonly<Record<string, string>>;
}

export interface Istiod extends Child {
  /** Where Envoys ask for their configuration: plain gRPC on loopback. */
  xdsPort: number;
  /** Proxies that are connected, with what they have acknowledged. */
  syncz(): Promise<unknown>;
}

/** A kind that only istiod reads: proxies and endpoints that are no pods. */
export const WORKLOAD_ENTRIES: Resource = {
  group: "networking.istio.io",
  version: "v1",
  kind: "WorkloadEntry",
  plural: "workloadentries",
  namespaced: true,
};

const MESH_CONFIG = {
  rootNamespace: "istio-system",
  enableAutoMtls: false,
  defaultProviders: {},
  ingressControllerMode: "OFF",
};

/** An upstream build of Envoy lacks Istio's own filters, so istiod is told to leave them out. */
const ENVIRONMENT = {
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

/** istiod's environment for proxies that say who they are without a certificate; see `identity` in envoy.ts. */
export const IDENTITY_BY_HEADER = { XDS_AUTH_PLAINTEXT: "true", TRUSTED_GATEWAY_CIDR: "127.0.0.1/32" };

/** Resolves when its /ready answers 200: every cache is filled. */
export async function startIstiod({ program, home, kubeconfigFile, env = {} }: IstiodOptions): Promise<Istiod> {
  const [grpc, http, https, monitoring] = (await freePorts(4)) as [number, number, number, number];
  const meshFile = join(home, "mesh.yaml");
  writeFileSync(meshFile, JSON.stringify(MESH_CONFIG));
  const args = [
    "discovery",
    ...["--kubeconfig", kubeconfigFile, "--meshConfig", meshFile],
    ...["--namespace", "istio-system", "--clusterID", "Kubernetes"],
    ...["--grpcAddr", `127.0.0.1:${grpc}`, "--secureGRPCAddr", ""],
    ...["--httpAddr", `127.0.0.1:${http}`, "--httpsAddr", `127.0.0.1:${https}`],
    ...["--monitoringAddr", `127.0.0.1:${monitoring}`, "--ctrlz_port", "0"],
  ];
  const child = startChild({ home, name: "istiod", program, args, env: { ...ENVIRONMENT, ...env } });
  try {
    await child.until(() => answers(`http://127.0.0.1:${http}/ready`));
  } catch (error) {
    await child.stop();
    throw error;
  }
  const syncz = async () => (await fetch(`http://127.0.0.1:${monitoring}/debug/syncz`)).json();
  return { ...child, xdsPort: grpc, syncz };
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
