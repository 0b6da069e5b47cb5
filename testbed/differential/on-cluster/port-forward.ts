// Ports of a pod on loopback, by kubectl: what every cluster allows to whoever may use it.

import { type Child, startChild } from "../../mesh/child.ts";

export interface Kubectl {
  program: string;
  /** --kubeconfig and --context, when they were given. */
  args: readonly string[];
}

export interface PortForward {
  /** By the pod's port. */
  localPorts: ReadonlyMap<number, number>;
  child: Child;
}

const LINE = /^Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)$/gm;

/** `home` keeps its log. */
export async function startPortForward(
  { program, args }: Kubectl,
  { namespace, pod, ports, home }: { namespace: string; pod: string; ports: readonly number[]; home: string },
): Promise<PortForward> {
  const wanted = [...new Set(ports)];
  const child = startChild({
    home,
    name: `port-forward-${pod}-${wanted[0]}`,
    program,
    args: [
      ...args,
      "port-forward",
      "--address=127.0.0.1",
      `--namespace=${namespace}`,
      `pod/${pod}`,
      ...wanted.map((port) => `:${port}`),
    ],
  });
  const localPorts = () =>
    new Map([...child.output().matchAll(LINE)].map(([, local, port]) => [Number(port), Number(local)]));
  try {
    await child.until(async () => localPorts().size === wanted.length);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { localPorts: localPorts(), child };
}
