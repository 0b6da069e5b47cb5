// Services: addresses and node ports are given out by the server, from 10.43.0.0/16 and 30000-32767 as K3s does.

import { isIP } from "node:net";
import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { Core } from "../core.ts";
import { duplicateValue, type FieldProblem, invalidValue, notSupported, requiredValue } from "../errors.ts";
import { isDns1035Label, isDnsLabel } from "../names.ts";
import type { KindRules } from "./kind-rules.ts";
import { isPort, portRangeProblems } from "./ports.ts";

interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  protocol?: string;
  nodePort?: number;
}

interface ServiceObject extends KubeObject {
  spec: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    ipFamilies?: string[];
    ipFamilyPolicy?: string;
    internalTrafficPolicy?: string;
    externalTrafficPolicy?: string;
    allocateLoadBalancerNodePorts?: boolean;
    externalName?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
    sessionAffinity?: string;
  };
}

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

export const serviceRules: KindRules = {
  checkName: isDns1035Label,
  fillIn: (object) => fillIn((object as ServiceObject).spec),
  prepareCreate: (core, object) => {
    const service = object as ServiceObject;
    service["status"] = { loadBalancer: {} };
    allocate(core, service);
  },
  prepareUpdate: (core, before, after) => {
    const [old, now] = [(before as ServiceObject).spec, (after as ServiceObject).spec];
    if (now.type !== "ExternalName" && old.type !== "ExternalName") {
      now.clusterIP ??= old.clusterIP;
      now.clusterIPs ??= old.clusterIPs;
      now.ipFamilies ??= old.ipFamilies;
      now.ipFamilyPolicy ??= old.ipFamilyPolicy;
    }
    for (const port of now.ports ?? [])
      if (needsNodePort(now)) port.nodePort ??= old.ports?.find((each) => samePort(each, port))?.nodePort;
      else if (old.type !== now.type) delete port.nodePort;
    allocate(core, after as ServiceObject);
  },
  problems: (object) => problems(object as ServiceObject),
  changeProblems: (before, after) => {
    const [old, now] = [(before as ServiceObject).spec, (after as ServiceObject).spec];
    const fixed = old.type !== "ExternalName" && now.type !== "ExternalName" && old.clusterIP !== now.clusterIP;
    return fixed ? [invalidValue("spec.clusterIPs[0]", [now.clusterIP], "may not change once set")] : [];
  },
};

function fillIn(spec: ServiceObject["spec"]): void {
  for (const port of spec.ports ?? [])
    if (port.targetPort === undefined || port.targetPort === 0) port.targetPort = port.port;
  if (spec.type === "ExternalName") return;
  spec.internalTrafficPolicy ??= "Cluster";
  if (needsNodePort(spec)) spec.externalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

function allocate(core: Core, { spec }: ServiceObject): void {
  if (spec.type === "ExternalName") return;
  spec.clusterIP ||= spec.clusterIPs?.[0] ?? freeAddress(core);
  spec.clusterIPs ??= [spec.clusterIP];
  chooseFamilies(spec);
  if (!needsNodePort(spec)) return;
  for (const port of spec.ports ?? []) port.nodePort ??= freeNodePort(core, spec.ports ?? []);
}

function chooseFamilies(spec: ServiceObject["spec"]): void {
  const isHeadlessWithoutSelector = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= isHeadlessWithoutSelector ? "RequireDualStack" : "SingleStack";
  spec.ipFamilies ??= isHeadlessWithoutSelector ? ["IPv4", "IPv6"] : ["IPv4"];
}

function services(core: Core): ServiceObject[] {
  return [...core.store.collection("services").objects.values()] as ServiceObject[];
}

function freeAddress(core: Core): string {
  const taken = new Set(services(core).map((service) => service.spec.clusterIP));
  for (;;) {
    const number = 256 + Math.floor(core.random() * (65_536 - 512));
    const address = `10.43.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
}

function freeNodePort(core: Core, own: ServicePort[]): number {
  const taken = new Set(
    [...services(core).flatMap((service) => service.spec.ports ?? []), ...own].map((port) => port.nodePort),
  );
  for (;;) {
    const port = 30_000 + Math.floor(core.random() * 2_768);
    if (!taken.has(port)) return port;
  }
}

function needsNodePort({ type }: ServiceObject["spec"]): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function samePort(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && a.protocol === b.protocol && a.name === b.name;
}

function problems({ spec }: ServiceObject): FieldProblem[] {
  const { ports = [], type = "ClusterIP" } = spec;
  const found: FieldProblem[] = [];
  if (ports.length === 0 && spec.clusterIP !== "None" && type !== "ExternalName")
    found.push(requiredValue("spec.ports"));
  if (type === "ExternalName" && !spec.externalName) found.push(requiredValue("spec.externalName"));
  found.push(...ports.flatMap((port, index) => portProblems(port, `spec.ports[${index}]`, ports.length > 1)));
  found.push(...doubles(ports));
  if (!TYPES.includes(type)) found.push(notSupported("spec.type", type, TYPES));
  const { clusterIP } = spec;
  if (clusterIP !== undefined && clusterIP !== "None" && isIP(clusterIP) === 0)
    found.push(
      invalidValue("spec.clusterIPs[0]", clusterIP, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
    );
  return found;
}

function portProblems(port: ServicePort, path: string, needsName: boolean): FieldProblem[] {
  const found: FieldProblem[] = [];
  if (port.name) found.push(...isDnsLabel(port.name).map((wrong) => invalidValue(`${path}.name`, port.name, wrong)));
  else if (needsName) found.push(requiredValue(`${path}.name`));
  found.push(...portRangeProblems(`${path}.port`, port.port ?? 0));
  if (!["TCP", "UDP", "SCTP"].includes(port.protocol ?? "TCP"))
    found.push(notSupported(`${path}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]));
  if (typeof port.targetPort === "number" && !isPort(port.targetPort))
    found.push(...portRangeProblems(`${path}.targetPort`, port.targetPort));
  return found;
}

function doubles(ports: ServicePort[]): FieldProblem[] {
  const seen = new Set<string>();
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = `${port.protocol}/${port.port}`;
    const found: FieldProblem[] = [];
    if (port.name && names.has(port.name)) found.push(duplicateValue(`spec.ports[${index}].name`, port.name));
    if (seen.has(key)) found.push(duplicateValue(`spec.ports[${index}]`, port));
    seen.add(key);
    if (port.name) names.add(port.name);
    return found;
  });
}
