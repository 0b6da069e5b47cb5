// Where a pod's port is dialled. On a real cluster each pod has a loopback of its own; here all are on this machine's, so that
// a port that the pod does not have could be that of a stranger: it is refused.

import type { Pod } from "../../../core/kubernetes/workload.ts";
import type { PodPort } from "../../../ports/pod-ports.ts";
import { dialTarget, type PodAddress } from "../process/addresses.ts";
import { listensOn } from "../process/listeners.ts";
import { declaredPorts } from "./launch.ts";

export async function reach(pod: Pod, address: PodAddress | undefined, port: number): Promise<PodPort> {
  if (address === undefined) return { refused: "the pod has not started yet, so it has no address" };
  const { podIP, dial } = address;
  if (declaredPorts(pod.spec.containers[0]!).includes(port)) return dialTarget(address, port);
  if (dial !== undefined)
    return {
      refused: `connection refused: the pod declares no port ${port}, and where pods share 127.0.0.1 only declared ones are its own; add it to spec.containers[0].ports`,
    };
  if (await listensOn(podIP, port)) return { host: podIP, port };
  return { refused: `failed to connect to ${podIP}:${port}: connection refused` };
}
