// Probes as a container declares them, with Kubernetes' defaults.

import type { Container, Probe } from "../../../core/kubernetes/workload.ts";

export type ProbeName = "startupProbe" | "readinessProbe" | "livenessProbe";

export interface ProbeTiming {
  initialDelayMs: number;
  periodMs: number;
  timeoutMs: number;
  successThreshold: number;
  failureThreshold: number;
}

export type ProbeTarget =
  | { kind: "http"; scheme: "http" | "https"; port: number; path: string; headers: [string, string][] }
  | { kind: "tcp"; port: number }
  | { kind: "exec"; command: string[] };

export function probesOf(container: Container): [ProbeName, Probe][] {
  const names: ProbeName[] = ["startupProbe", "readinessProbe", "livenessProbe"];
  return names.flatMap((name) => (container[name] === undefined ? [] : [[name, container[name]]]));
}

export function timingOf(probe: Probe): ProbeTiming {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1_000,
    periodMs: (probe.periodSeconds ?? 10) * 1_000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1_000,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}

/** Undefined when a named port does not exist or nothing is asked. */
export function targetOf(
  probe: Pick<Probe, "httpGet" | "tcpSocket" | "exec">,
  container: Container,
): ProbeTarget | undefined {
  if (probe.exec !== undefined) return { kind: "exec", command: probe.exec.command };
  const port = portNumber((probe.httpGet ?? probe.tcpSocket)?.port, container);
  if (port === undefined) return undefined;
  if (probe.httpGet === undefined) return { kind: "tcp", port };
  const { path = "/", scheme = "HTTP", httpHeaders = [] } = probe.httpGet;
  return {
    kind: "http",
    scheme: scheme.toUpperCase() === "HTTPS" ? "https" : "http",
    port,
    path: path.startsWith("/") ? path : `/${path}`,
    headers: httpHeaders.map(({ name, value }) => [name, value]),
  };
}

function portNumber(port: number | string | undefined, { ports = [] }: Container): number | undefined {
  if (port === undefined) return undefined;
  if (typeof port === "number") return port;
  if (/^\d+$/.test(port)) return Number(port);
  return ports.find(({ name }) => name === port)?.containerPort;
}
