// What the server fills in and refuses in a pod's spec, alone or inside a workload's template.

import type { Container, PodSpec, Probe } from "../../../core/kubernetes/workload.ts";
import { duplicateValue, type FieldProblem, invalidValue, notSupported, requiredValue } from "../errors.ts";
import { isDnsLabel, isPortName } from "../names.ts";
import { isPort, portRangeProblems } from "./ports.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

/** In place. */
export function fillInPodSpec(spec: PodSpec): void {
  const { containers = [], initContainers = [] } = spec as Partial<WholePodSpec>;
  for (const container of [...containers, ...initContainers]) {
    container["imagePullPolicy"] ??= pullPolicy(container.image ?? "");
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

/** A limit without a request is the request: in pods, not yet in templates. In place. */
export function fillInRequests(container: Container): void {
  const resources = container["resources"] as
    | { limits?: Record<string, unknown>; requests?: Record<string, unknown> }
    | undefined;
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

interface WholePodSpec extends PodSpec {
  initContainers?: Container[];
  volumes?: { name: string }[];
  restartPolicy?: string;
}

export function podSpecProblems(spec: PodSpec, path: string): FieldProblem[] {
  const { containers = [], initContainers = [], volumes = [], restartPolicy } = spec as Partial<WholePodSpec>;
  const known = { names: new Set<string>(), volumes: new Set(volumes.map(({ name }) => name)) };
  return [
    ...(containers.length === 0 ? [requiredValue(`${path}.containers`)] : []),
    ...containersProblems(containers, `${path}.containers`, known),
    ...containersProblems(initContainers, `${path}.initContainers`, known),
    ...(restartPolicy === undefined || RESTART_POLICIES.includes(restartPolicy)
      ? []
      : [notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES)]),
  ];
}

/** Names that containers share or refer to. */
interface Known {
  names: Set<string>;
  volumes: ReadonlySet<string>;
}

function containersProblems(containers: Container[], path: string, known: Known): FieldProblem[] {
  return containers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    return [
      ...nameProblems(container, at, known.names),
      ...(container.image ? [] : [requiredValue(`${at}.image`)]),
      ...portsProblems(container, at),
      ...envProblems(container, at),
      ...mountProblems(container, at, known.volumes),
      ...pullPolicyProblems(container, at),
      ...probesProblems(container, at),
    ];
  });
}

function nameProblems({ name }: Container, at: string, names: Set<string>): FieldProblem[] {
  if (!name) return [requiredValue(`${at}.name`)];
  if (names.has(name)) return [duplicateValue(`${at}.name`, name)];
  names.add(name);
  return isDnsLabel(name).map((wrong) => invalidValue(`${at}.name`, name, wrong));
}

function pullPolicyProblems(container: Container, at: string): FieldProblem[] {
  const { imagePullPolicy } = container as { imagePullPolicy?: string };
  if (imagePullPolicy === undefined || PULL_POLICIES.includes(imagePullPolicy)) return [];
  return [notSupported(`${at}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES)];
}

function mountProblems(container: Container, at: string, volumes: ReadonlySet<string>): FieldProblem[] {
  const { volumeMounts = [] } = container as { volumeMounts?: { name: string }[] };
  return volumeMounts.flatMap(({ name }, index) =>
    volumes.has(name)
      ? []
      : [
          {
            reason: "FieldValueNotFound",
            field: `${at}.volumeMounts[${index}].name`,
            message: `Not found: ${JSON.stringify(name)}`,
          },
        ],
  );
}

const PROTOCOLS = ["SCTP", "TCP", "UDP"];

function portsProblems({ ports = [] }: Container, at: string): FieldProblem[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, protocol }, index) => {
    const path = `${at}.ports[${index}]`;
    const found: FieldProblem[] = [];
    if (name !== undefined && names.has(name)) found.push(duplicateValue(`${path}.name`, name));
    else if (name !== undefined) {
      names.add(name);
      found.push(...isPortName(name).map((wrong) => invalidValue(`${path}.name`, name, wrong)));
    }
    if (containerPort === undefined || containerPort === 0) found.push(requiredValue(`${path}.containerPort`));
    else found.push(...portRangeProblems(`${path}.containerPort`, containerPort));
    if (protocol !== undefined && !PROTOCOLS.includes(protocol))
      found.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    return found;
  });
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
