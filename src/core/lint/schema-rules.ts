// Istio's published schemas as a linter: fields it does not know, values it refuses, durations that are none.
// A small part of OpenAPI, on purpose: what an API server or istiod would refuse for sure. The rest is theirs to say.

import { parseDurationMs } from "../kubernetes/duration.ts";
import type { KubeObject } from "../kubernetes/object.ts";
import { didYouMean } from "../spec/did-you-mean.ts";
import { isObject } from "../spec/is-object.ts";
import type { Report } from "./finding.ts";

/** The part of a CustomResourceDefinition that is read. */
export interface CrdLike {
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; schema?: { openAPIV3Schema?: SchemaNode } }[];
  };
}

export interface SchemaNode {
  type?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  required?: string[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  nullable?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-validations"?: { rule: string }[];
}

type Segments = (string | number)[];

/** Schemas by apiVersion and kind. */
export function schemasOf(crds: readonly CrdLike[]): Map<string, SchemaNode> {
  const schemas = new Map<string, SchemaNode>();
  for (const { spec } of crds)
    for (const { name, schema } of spec.versions)
      if (schema?.openAPIV3Schema !== undefined)
        schemas.set(`${spec.group}/${name} ${spec.names.kind}`, schema.openAPIV3Schema);
  return schemas;
}

/** Only `spec` is asked: metadata is the API server's, status the controller's. */
export function schemaReports(object: KubeObject, schemas: Map<string, SchemaNode>): Report[] {
  const node = schemas.get(`${object.apiVersion} ${object.kind}`)?.properties?.["spec"];
  if (node === undefined || object["spec"] === undefined) return [];
  return check(object["spec"], node, ["spec"]);
}

function check(value: unknown, node: SchemaNode, segments: Segments): Report[] {
  if (value === null && node.nullable === true) return [];
  const wrongType = typeReport(value, node, segments);
  if (wrongType !== undefined) return [wrongType];
  if (Array.isArray(value)) return value.flatMap((item, index) => check(item, node.items ?? {}, [...segments, index]));
  if (isObject(value)) return checkObject(value, node, segments);
  return [...durationReports(value, node, segments), ...rangeReports(value, node, segments)];
}

function checkObject(value: Record<string, unknown>, node: SchemaNode, segments: Segments): Report[] {
  const missing = (node.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => report("SRN0202", [...segments, name], "is missing", `write ${name}:`));
  const below = Object.entries(value).flatMap(([name, child]) => {
    const at = [...segments, name];
    const known = node.properties?.[name];
    if (known !== undefined) return check(child, known, at);
    if (isObject(node.additionalProperties)) return check(child, node.additionalProperties, at);
    return isOpen(node) ? [] : [unknownField(name, Object.keys(node.properties ?? {}), at)];
  });
  return [...missing, ...below];
}

function isOpen(node: SchemaNode): boolean {
  return (
    node.properties === undefined ||
    node["x-kubernetes-preserve-unknown-fields"] === true ||
    node.additionalProperties === true
  );
}

function unknownField(name: string, known: string[], segments: Segments): Report {
  const meant = didYouMean(name, known);
  const cure = meant === undefined ? `remove it; known here: ${known.join(", ")}` : `did you mean ${meant}?`;
  return report("SRN0201", segments, `${name} is not a field that Istio knows`, cure);
}

const TYPES: Record<string, { words: string; fits: (value: unknown) => boolean }> = {
  object: { words: "an object", fits: isObject },
  array: { words: "a list", fits: Array.isArray },
  string: { words: "a text", fits: (value) => typeof value === "string" },
  integer: { words: "a whole number", fits: Number.isInteger },
  number: { words: "a number", fits: (value) => typeof value === "number" },
  boolean: { words: "true or false", fits: (value) => typeof value === "boolean" },
};

function typeReport(value: unknown, node: SchemaNode, segments: Segments): Report | undefined {
  const type = TYPES[node.type ?? ""];
  if (type === undefined || node["x-kubernetes-int-or-string"] === true || type.fits(value)) return undefined;
  const found = isObject(value) ? "an object" : Array.isArray(value) ? "a list" : JSON.stringify(value);
  return report("SRN0202", segments, `is ${found}`, `write ${type.words}`);
}

/** In Istio's schemas a duration is a text with a CEL rule that reads it as one. */
function durationReports(value: unknown, node: SchemaNode, segments: Segments): Report[] {
  const isDuration = node["x-kubernetes-validations"]?.some(({ rule }) => rule.includes("duration(self)")) ?? false;
  if (!isDuration || typeof value !== "string") return [];
  const ms = parseDurationMs(value);
  if (ms !== undefined && ms >= 1) return [];
  const found = ms === undefined ? `"${value}" is not a duration` : `"${value}" is shorter than 1ms`;
  return [report("SRN0203", segments, found, "write a number with its unit (ms, s, m, h), such as 5s")];
}

function rangeReports(value: unknown, node: SchemaNode, segments: Segments): Report[] {
  const values = node.enum;
  if (values !== undefined && !values.includes(value))
    return [
      report("SRN0202", segments, `is ${JSON.stringify(value)}`, `write one of ${values.map(String).join(", ")}`),
    ];
  if (typeof value !== "number") return [];
  const { minimum = -Infinity, maximum = Infinity } = node;
  if (value >= minimum && value <= maximum) return [];
  return [
    report(
      "SRN0202",
      segments,
      `is ${value}`,
      value < minimum ? `write ${minimum} or more` : `write ${maximum} or less`,
    ),
  ];
}

function report(code: Report["code"], segments: Segments, message: string, cure: string): Report {
  return { code, severity: "error", segments, message, cure };
}
