// The variables of a container: the image's, then envFrom, then env in order, each able to refer to earlier ones.

import type { Container, Pod } from "../../../core/kubernetes/workload.ts";
import { expand } from "./expand.ts";

export type SourceKind = "ConfigMap" | "Secret";

/** Data of the ConfigMaps and Secrets that exist, by `kind/name`, decoded. */
export type Sources = Map<string, Record<string, string>>;

export interface EnvironmentInput {
  pod: Pod;
  container: Container;
  sources: Sources;
  imageEnv: Record<string, string>;
  podIP: string;
  hostIP: string;
}

export type Environment = { ok: true; variables: Record<string, string> } | { ok: false; message: string };

interface KeyReference {
  name: string;
  key: string;
  optional?: boolean;
}
interface FromSource {
  prefix?: string;
  configMapRef?: { name: string; optional?: boolean };
  secretRef?: { name: string; optional?: boolean };
}
export interface ValueFrom {
  configMapKeyRef?: KeyReference;
  secretKeyRef?: KeyReference;
  fieldRef?: { fieldPath: string };
  resourceFieldRef?: unknown;
  [other: string]: unknown;
}

export function buildEnvironment(input: EnvironmentInput): Environment {
  const variables: Record<string, string> = { ...input.imageEnv };
  for (const from of (input.container.envFrom ?? []) as FromSource[]) {
    const message = addAll(from, input.sources, variables);
    if (message !== undefined) return { ok: false, message };
  }
  for (const { name, value, valueFrom } of input.container.env ?? []) {
    if (valueFrom === undefined) variables[name] = expand(value ?? "", variables);
    else {
      const found = valueOf(valueFrom as ValueFrom, input);
      if (found.message !== undefined) return { ok: false, message: found.message };
      if (found.value !== undefined) variables[name] = found.value;
    }
  }
  return { ok: true, variables };
}

/** Which objects must be read before: `{kind, name}`, each once. */
export function referencedSources(container: Container): { kind: SourceKind; name: string }[] {
  const found = new Map<string, { kind: SourceKind; name: string }>();
  const add = (kind: SourceKind, reference?: { name: string }) => {
    if (reference !== undefined) found.set(`${kind}/${reference.name}`, { kind, name: reference.name });
  };
  for (const { configMapRef, secretRef } of (container.envFrom ?? []) as FromSource[]) {
    add("ConfigMap", configMapRef);
    add("Secret", secretRef);
  }
  for (const { valueFrom } of container.env ?? []) {
    add("ConfigMap", (valueFrom as ValueFrom | undefined)?.configMapKeyRef);
    add("Secret", (valueFrom as ValueFrom | undefined)?.secretKeyRef);
  }
  return [...found.values()];
}

/** The pod fields that a variable may show. */
export function fieldValue(pod: Pod, fieldPath: string, podIP: string, hostIP: string): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed !== null) return metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2]!] ?? "";
  const fields: Record<string, string | undefined> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid ?? "",
    "spec.nodeName": spec.nodeName ?? "",
    "spec.serviceAccountName": (spec.serviceAccountName as string | undefined) ?? "default",
    "status.podIP": podIP,
    "status.podIPs": podIP,
    "status.hostIP": hostIP,
  };
  return fields[fieldPath];
}

function addAll(from: FromSource, sources: Sources, variables: Record<string, string>): string | undefined {
  const [kind, reference] =
    from.configMapRef === undefined
      ? (["Secret", from.secretRef] as const)
      : (["ConfigMap", from.configMapRef] as const);
  if (reference === undefined) return undefined;
  const data = sources.get(`${kind}/${reference.name}`);
  if (data === undefined) return reference.optional ? undefined : missing(kind, reference.name);
  for (const [key, value] of Object.entries(data)) variables[`${from.prefix ?? ""}${key}`] = value;
  return undefined;
}

function valueOf(from: ValueFrom, input: EnvironmentInput): { value?: string; message?: string } {
  if (from.fieldRef !== undefined)
    return { value: fieldValue(input.pod, from.fieldRef.fieldPath, input.podIP, input.hostIP) };
  const kind = from.configMapKeyRef === undefined ? "Secret" : "ConfigMap";
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (reference === undefined) return {};
  const data = input.sources.get(`${kind}/${reference.name}`);
  const value = data?.[reference.key];
  if (value !== undefined || reference.optional) return { value };
  if (data === undefined) return { message: missing(kind, reference.name) };
  return {
    message: `couldn't find key ${reference.key} in ${kind} ${reference.name}: add the key or set optional: true`,
  };
}

function missing(kind: string, name: string): string {
  return `${kind.toLowerCase()} "${name}" not found: create it, or set optional: true on the reference`;
}
