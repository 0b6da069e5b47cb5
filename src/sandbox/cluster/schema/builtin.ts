// The pinned schemas of core kinds (scripts/schemas.ts makes them), with learnt defaults laid over. Read at first use.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RawSchema } from "./raw-schema.ts";

interface BuiltinFacts {
  server: string;
  kinds: Record<string, string>;
  definitions: Record<string, RawSchema>;
}

const FACTS = read("builtin.json") as BuiltinFacts;

/** The version of the real server that the facts come from. */
export const KUBERNETES_VERSION = FACTS.server;

/** What `$ref` in a built-in schema points to. */
export const DEFINITIONS: Readonly<Record<string, RawSchema>> = withDefaults(FACTS.definitions);

export function builtinSchema(group: string, version: string, kind: string): RawSchema {
  const name = FACTS.kinds[`${group}/${version}/${kind}`];
  if (name === undefined) throw new Error(`no pinned schema of ${kind} in ${group}/${version}: run scripts/schemas.ts`);
  return { $ref: name };
}

let istio: readonly object[] | undefined;
let gatewayApi: readonly object[] | undefined;

/** Istio's published definitions, reduced: the same values at every call. */
export function istioDefinitions(): readonly object[] {
  istio ??= (read("istio.json") as { definitions: object[] }).definitions;
  return istio;
}

/** Those of Gateway API that the gateway reads. */
export function gatewayApiDefinitions(): readonly object[] {
  gatewayApi ??= (read("gateway-api.json") as { definitions: object[] }).definitions;
  return gatewayApi;
}

function withDefaults(definitions: Record<string, RawSchema>): Record<string, RawSchema> {
  const defaults = read("defaults.json") as Record<string, Record<string, unknown>>;
  for (const [name, fields] of Object.entries(defaults))
    for (const [field, value] of Object.entries(fields)) {
      const property = definitions[name]?.properties?.[field];
      if (property === undefined) throw new Error(`a default for ${name}.${field}, which has no schema`);
      property.default = value;
      property["x-serin-learnt-default"] = true;
    }
  return definitions;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8"));
}
