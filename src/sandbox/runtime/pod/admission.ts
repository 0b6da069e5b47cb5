// What the sandbox does not honour, it refuses with the field's path and the cure: a pod that merely looks as if it ran
// would be worse than one that waits. docs/reference/sandbox-runtime.md lists both.

import type { Container, Pod, Probe } from "../../../core/kubernetes/workload.ts";
import type { CatalogueEntry } from "../catalogue/entry.ts";
import { fieldValue, type ValueFrom } from "./environment.ts";
import { probesOf } from "./probe-spec.ts";

export interface Refusal {
  /** The container's waiting reason. */
  reason: "FieldNotSupported" | "CommandNotAllowed" | "ExecNotAllowed";
  message: string;
}

// Kept as they are without an effect here: there is one node, no kubelet's cgroups, and no image to pull.
const POD_FIELDS = new Set([
  ..."containers restartPolicy terminationGracePeriodSeconds nodeName".split(" "),
  ..."dnsPolicy schedulerName securityContext serviceAccount serviceAccountName automountServiceAccountToken".split(
    " ",
  ),
  ..."enableServiceLinks imagePullSecrets tolerations priority priorityClassName preemptionPolicy".split(" "),
  ..."affinity topologySpreadConstraints nodeSelector".split(" "),
]);
const CONTAINER_FIELDS = new Set([
  ..."name image args env envFrom ports readinessProbe livenessProbe startupProbe lifecycle command".split(" "),
  ..."imagePullPolicy resources securityContext terminationMessagePath terminationMessagePolicy resizePolicy".split(
    " ",
  ),
]);

const CURES: Record<string, string> = {
  initContainers: "do their work in the program itself, or before you apply",
  volumes: "pass configuration by env or envFrom (ConfigMap, Secret)",
  volumeMounts: "pass configuration by env or envFrom (ConfigMap, Secret)",
  workingDir: "set workingDir in the image's catalogue entry",
};

/** The first reason not to start the pod, with every field concerned; undefined when it can start. */
export function refusePod(pod: Pod, entry: CatalogueEntry): Refusal | undefined {
  const container = pod.spec.containers[0]!;
  const problems = [...podProblems(pod), ...containerProblems(container), ...environmentProblems(pod, container)];
  if (problems.length > 0)
    return { reason: "FieldNotSupported", message: `the sandbox does not honour ${problems.join("; ")}` };
  return refuseCommand(container, entry) ?? refuseExec(container, entry);
}

function podProblems({ spec }: Pod): string[] {
  const problems = unsupported(spec, POD_FIELDS, "spec");
  if (spec.containers.length > 1)
    problems.push(
      `spec.containers[1] (${spec.containers[1]!.name}): a sandbox pod runs one container; move it to a Deployment of its own`,
    );
  return problems;
}

const CONTAINER = "spec.containers[0]";

function containerProblems(container: Container): string[] {
  return [
    ...unsupported(container, CONTAINER_FIELDS, CONTAINER),
    ...(container.ports ?? []).flatMap((port, index) => portProblems(port, `${CONTAINER}.ports[${index}]`)),
    ...probesOf(container).flatMap(([name, probe]) => probeProblems(probe, `${CONTAINER}.${name}`)),
    ...lifecycleProblems(container.lifecycle ?? {}, `${CONTAINER}.lifecycle`),
  ];
}

function portProblems(port: { hostPort?: number; protocol?: string }, path: string): string[] {
  const problems: string[] = [];
  if (port.hostPort) problems.push(`${path}.hostPort: remove it, the gateway publishes ports`);
  if ((port.protocol ?? "TCP") !== "TCP") problems.push(`${path}.protocol ${port.protocol}: use TCP`);
  return problems;
}

function probeProblems(probe: Probe, path: string): string[] {
  const problems: string[] = [];
  if (probe.grpc !== undefined) problems.push(`${path}.grpc: use httpGet or tcpSocket`);
  const asked = (probe.httpGet ?? probe.tcpSocket) as { host?: string } | undefined;
  if (asked?.host) problems.push(`${path} host: remove it, probes go to the pod's own address`);
  return problems;
}

function lifecycleProblems(
  lifecycle: { preStop?: Record<string, unknown>; postStart?: unknown; stopSignal?: unknown },
  path: string,
): string[] {
  const problems: string[] = [];
  if (lifecycle.postStart !== undefined) problems.push(`${path}.postStart: do its work in the program itself`);
  if (lifecycle.preStop?.tcpSocket !== undefined) problems.push(`${path}.preStop.tcpSocket: use sleep or httpGet`);
  if (lifecycle.stopSignal !== undefined) problems.push(`${path}.stopSignal: remove it, the sandbox sends SIGTERM`);
  return problems;
}

function environmentProblems(pod: Pod, container: Container): string[] {
  return (container.env ?? []).flatMap(({ name, valueFrom }) => {
    const path = `spec.containers[0].env[${name}].valueFrom`;
    const from = (valueFrom ?? {}) as ValueFrom;
    if (from.resourceFieldRef !== undefined) return [`${path}.resourceFieldRef: set the value itself`];
    if (from.fieldRef !== undefined && fieldValue(pod, from.fieldRef.fieldPath, "", "") === undefined)
      return [
        `${path}.fieldRef.fieldPath ${from.fieldRef.fieldPath}: use metadata.name, metadata.namespace or status.podIP`,
      ];
    if (from.fileKeyRef !== undefined) return [`${path}.fileKeyRef: use configMapKeyRef or secretKeyRef`];
    return [];
  });
}

function refuseCommand({ command, image }: Container, entry: CatalogueEntry): Refusal | undefined {
  if (isEmpty(command) || entry.allow?.includes("command")) return undefined;
  const message = `spec.containers[0].command is not executed: a manifest must not start programs of its choice on this machine. Remove it, or ${permit(image, entry, "command")}`;
  return { reason: "CommandNotAllowed", message };
}

function refuseExec(container: Container, entry: CatalogueEntry): Refusal | undefined {
  const places = probesOf(container).flatMap(([name, probe]) => (probe.exec === undefined ? [] : [`${name}.exec`]));
  if (container.lifecycle?.preStop?.exec !== undefined) places.push("lifecycle.preStop.exec");
  if (places.length === 0 || entry.allow?.includes("exec")) return undefined;
  const message = `spec.containers[0].${places.join(", ")} is not executed: a manifest must not start programs of its choice on this machine. Use httpGet, tcpSocket or sleep, or ${permit(container.image, entry, "exec")}`;
  return { reason: "ExecNotAllowed", message };
}

function permit(image: string, entry: CatalogueEntry, what: string): string {
  if (entry.builtIn) return `give image ${image} an entry of your own in the catalogue file, with allow: [${what}]`;
  return `add to the entry of ${entry.image} in the catalogue file: allow: [${what}]`;
}

/** Paths with their cure. Empty values ask for nothing. */
function unsupported(holder: object, supported: Set<string>, path: string): string[] {
  return Object.entries(holder).flatMap(([field, value]) =>
    supported.has(field) || isEmpty(value) ? [] : [`${path}.${field}: ${CURES[field] ?? "remove it"}`],
  );
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
