// The one node: this machine.

import { arch, cpus, hostname, platform, release, totalmem } from "node:os";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import { NODES } from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Cluster, isClusterError } from "../../ports/cluster.ts";
import { timeText } from "./events.ts";

export const NODE_NAME = "serin-sandbox";
export const HOST_IP = "127.0.0.1";

const MAX_PODS = 250;
const ARCHITECTURES: Record<string, string> = { x64: "amd64", arm64: "arm64" };

export async function registerNode(cluster: Cluster, clock: Clock): Promise<void> {
  const now = timeText(clock.now());
  try {
    await cluster.create(NODES, nodeObject());
  } catch (error) {
    if (!isClusterError(error, "AlreadyExists")) throw error;
  }
  const body = { status: nodeStatus(now) };
  await cluster.patch(NODES, { name: NODE_NAME }, { type: "merge", body }, { subresource: "status" });
}

function nodeObject(): KubeObject {
  const labels = {
    "kubernetes.io/hostname": NODE_NAME,
    "kubernetes.io/os": platform(),
    "kubernetes.io/arch": ARCHITECTURES[arch()] ?? arch(),
    "node-role.kubernetes.io/sandbox": "",
  };
  return { apiVersion: "v1", kind: "Node", metadata: { name: NODE_NAME, labels }, spec: {} };
}

function nodeStatus(now: string): Record<string, unknown> {
  const room = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: String(MAX_PODS) };
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    capacity: room,
    allocatable: room,
    addresses: [
      { type: "InternalIP", address: HOST_IP },
      { type: "Hostname", address: hostname() },
    ],
    conditions: [
      condition("MemoryPressure", "False", "NotMeasured", "the sandbox does not limit memory"),
      condition("DiskPressure", "False", "NotMeasured", "the sandbox does not limit disk use"),
      condition("PIDPressure", "False", "NotMeasured", "the sandbox does not limit processes"),
      condition("Ready", "True", "SandboxReady", "the sandbox runs pods as processes of this machine"),
    ],
    nodeInfo: {
      architecture: ARCHITECTURES[arch()] ?? arch(),
      operatingSystem: platform(),
      kernelVersion: release(),
      osImage: `${platform()} ${release()}`,
      containerRuntimeVersion: "process://serin",
      kubeletVersion: "serin-sandbox",
      kubeProxyVersion: "",
      machineID: "",
      systemUUID: "",
      bootID: "",
    },
  };
}
