// What is started for a container: the catalogue's command with the pod's address filled in, and the variables.

import { delimiter } from "node:path";
import type { Container, Pod } from "../../../core/kubernetes/workload.ts";
import type { CatalogueEntry } from "../catalogue/entry.ts";
import { dialTarget, type PodAddress } from "../process/addresses.ts";
import type { ProcessSpec } from "../process/shim.ts";
import { expand, placeholdersIn } from "./expand.ts";

export type Launch = { ok: true; spec: ProcessSpec } | { ok: false; message: string };

// Of this machine's variables a program gets what it needs to run at all, and nothing else.
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "SYSTEMROOT"];

/** `variables`: what the manifest and the image set. */
export function planLaunch(
  pod: Pod,
  entry: CatalogueEntry,
  address: PodAddress,
  variables: Record<string, string>,
): Launch {
  const container = pod.spec.containers[0]!;
  const places = placeholders(pod, container, address);
  const missing = missingPort(entry, places);
  if (missing !== undefined) return { ok: false, message: missing };
  const fixed = mapValues(entry.env ?? {}, (value) => expand(value, places));
  const env = { ...inherited(), HOSTNAME: pod.metadata.name, ...variables, ...fixed };
  const args = (container.args ?? []).map((arg) => expand(arg, env));
  const own = (container.command ?? []).map((word) => expand(word, env));
  const command = own.length > 0 ? [...own, ...args] : fill(entry.command, args, places);
  return { ok: true, spec: { command, env, workingDir: entry.workingDir } };
}

/** Ports that the manifest declares, each once. */
export function declaredPorts({ ports = [] }: Container): number[] {
  return [...new Set(ports.map(({ containerPort }) => containerPort))];
}

function fill(command: string[], args: string[], places: Record<string, string>): string[] {
  const words = command.includes("$(ARGS)") ? command : [...command, "$(ARGS)"];
  return words.flatMap((word) => (word === "$(ARGS)" ? args : [expand(word, places)]));
}

function placeholders(pod: Pod, container: Container, address: PodAddress): Record<string, string> {
  const places: Record<string, string> = {
    POD_IP: dialTarget(address, 0).host,
    POD_NAME: pod.metadata.name,
    NAMESPACE: pod.metadata.namespace ?? "",
    DIAL: address.dial === undefined ? "" : JSON.stringify(address.dial),
  };
  for (const { name, containerPort } of container.ports ?? []) {
    const { port } = dialTarget(address, containerPort);
    places.PORT ??= String(port);
    places[`PORT_${containerPort}`] = String(port);
    if (name !== undefined) places[`PORT_${name}`] = String(port);
  }
  return places;
}

function missingPort(entry: CatalogueEntry, places: Record<string, string>): string | undefined {
  const used = [...entry.command, ...Object.values(entry.env ?? {})].flatMap(placeholdersIn);
  const missing = used.find((name) => /^PORT(_|$)/.test(name) && places[name] === undefined);
  if (missing === undefined) return undefined;
  const wanted = missing === "PORT" ? "a containerPort" : `the port ${missing.slice("PORT_".length)}`;
  return `the catalogue entry of ${entry.image} uses $(${missing}), but the manifest declares no such port: add ${wanted} to spec.containers[0].ports`;
}

function inherited(): Record<string, string> {
  const found = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const env: Record<string, string> = Object.fromEntries(found);
  // Under `npx serin` the clone's own tools come first in PATH; for programs of the user they are no help and no harm.
  env.PATH ??= ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);
  return env;
}

function mapValues(record: Record<string, string>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
