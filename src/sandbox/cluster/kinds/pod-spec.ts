// What the server fills in and refuses in a pod's spec, alone or inside a workload's template.

import type { Container, PodSpec, Probe } from "../../../core/kubernetes/workload.ts";
import { duplicateValue, type FieldProblem, invalidValue, notSupported, requiredValue } from "../errors.ts";
import { isDnsLabel } from "../names.ts";
import { isPort, portRangeProblems } from "./ports.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

/** In place. */
export function fillInPodSpec(spec: PodSpec): void {
  const { containers = [], initContainers = [] } = spec as PodSpec & { initContainers?: Container[] };
  for (const container of [...containers, ...initContainers]) {
    container["imagePullPolicy"] ??= pullPolicy(container.image ?? "");
    fillInRequests(container);
  }
  if (spec["serviceAccountName"] !== undefined) spec["serviceAccount"] ??= spec["serviceAccountName"];
}

/** `:latest`, or no tag at all, is always pulled. */
function pullPolicy(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1);
  if (last.includes("@")) return "IfNotPresent";
  const tag = last.split(":")[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

/** A limit without a request is the request. */
function fillInRequests(container: Container): void {
  const resources = container["resources"] as
    | { limits?: Record<string, unknown>; requests?: Record<string, unknown> }
    | undefined;
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

export function podSpecProblems(spec: PodSpec, path: string): FieldProblem[] {
  const { containers = [], initContainers = [] } = spec as PodSpec & { initContainers?: Container[] };
  const found: FieldProblem[] = [];
  if (containers.length === 0) found.push(requiredValue(`${path}.containers`));
  const names = new Set<string>();
  found.push(...containersProblems(initContainers, `${path}.initContainers`, names));
  found.push(...containersProblems(containers, `${path}.containers`, names));
  const { restartPolicy } = spec;
  if (restartPolicy !== undefined && !RESTART_POLICIES.includes(String(restartPolicy)))
    found.push(notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES));
  const { terminationGracePeriodSeconds: grace } = spec;
  if (grace !== undefined && grace < 0)
    found.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, "must be greater than or equal to 0"));
  return found;
}

function containersProblems(containers: Container[], path: string, names: Set<string>): FieldProblem[] {
  return containers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const found: FieldProblem[] = [];
    const { name, image } = container;
    if (!name) found.push(requiredValue(`${at}.name`));
    else if (names.has(name)) found.push(duplicateValue(`${at}.name`, name));
    else found.push(...isDnsLabel(name).map((wrong) => invalidValue(`${at}.name`, name, wrong)));
    if (name) names.add(name);
    if (!image) found.push(requiredValue(`${at}.image`));
    else if (image !== image.trim())
      found.push(invalidValue(`${at}.image`, image, "must not have leading or trailing whitespace"));
    const pull = container["imagePullPolicy"];
    if (pull !== undefined && !PULL_POLICIES.includes(String(pull)))
      found.push(notSupported(`${at}.imagePullPolicy`, pull, PULL_POLICIES));
    return [...found, ...portsProblems(container, at), ...envProblems(container, at), ...probesProblems(container, at)];
  });
}

function portsProblems({ ports = [] }: Container, at: string): FieldProblem[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort }, index) => {
    const path = `${at}.ports[${index}]`;
    const found: FieldProblem[] = [];
    if (name !== undefined && !isPortName(name))
      found.push(
        invalidValue(
          `${path}.name`,
          name,
          "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), at most 15 of them, with a letter among them",
        ),
      );
    if (name !== undefined && names.has(name)) found.push(duplicateValue(`${path}.name`, name));
    if (name !== undefined) names.add(name);
    if (containerPort === undefined || containerPort === 0) found.push(requiredValue(`${path}.containerPort`));
    else found.push(...portRangeProblems(`${path}.containerPort`, containerPort));
    return found;
  });
}

function isPortName(name: string): boolean {
  return (
    name.length <= 15 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) && /[a-z]/.test(name) && !name.includes("--")
  );
}

function envProblems({ env = [] }: Container, at: string): FieldProblem[] {
  return env.flatMap(({ name, value, valueFrom }, index) => {
    const path = `${at}.env[${index}]`;
    const found: FieldProblem[] = [];
    if (!name) found.push(requiredValue(`${path}.name`));
    else if (!/^[ -<>-~]+$/.test(name))
      found.push(
        invalidValue(
          `${path}.name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    if (valueFrom !== undefined && value !== undefined && value !== "")
      found.push(invalidValue(`${path}.valueFrom`, "", "may not be specified when `value` is not empty"));
    return found;
  });
}

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

function probesProblems(container: Container, at: string): FieldProblem[] {
  return PROBES.flatMap((field) => {
    const probe = container[field];
    return probe === undefined ? [] : probeProblems(probe, `${at}.${field}`, field);
  });
}

function probeProblems(probe: Probe, path: string, field: (typeof PROBES)[number]): FieldProblem[] {
  const handlers = (["exec", "httpGet", "tcpSocket", "grpc"] as const).filter((each) => probe[each] !== undefined);
  const found: FieldProblem[] = [];
  if (handlers.length === 0) found.push(requiredValue(path, "must specify a handler type"));
  for (const extra of handlers.slice(1))
    found.push({
      reason: "FieldValueForbidden",
      field: `${path}.${extra}`,
      message: "Forbidden: may not specify more than 1 handler type",
    });
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port;
  if (typeof port === "number" && !isPort(port))
    found.push(...portRangeProblems(`${path}.${probe.httpGet === undefined ? "tcpSocket" : "httpGet"}.port`, port));
  const numbers = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const;
  for (const each of numbers)
    if ((probe[each] ?? 0) < 0)
      found.push(invalidValue(`${path}.${each}`, probe[each], "must be greater than or equal to 0"));
  if (field !== "readinessProbe" && (probe.successThreshold ?? 1) !== 1)
    found.push(invalidValue(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
  return found;
}
