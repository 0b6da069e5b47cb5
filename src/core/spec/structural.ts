// From zod's JSON schema to what a CRD may hold: a structural schema.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

import { z } from "zod";
import type { Reserved } from "./rule.ts";

export interface JsonSchema {
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  required?: string[];
  "x-kubernetes-validations"?: { rule: string; message?: string; fieldPath?: string }[];
  [keyword: string]: unknown;
}

/** The structural schema of what a user writes (defaults are not required). */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" });
  return structural(json as JsonSchema);
}

/**
 * The schema with unknown fields kept at every depth: for status, since helm never upgrades a CRD, and what a newer controller
 * has to remember must not be pruned by an older one.
 */
export function keepingUnknown(schema: JsonSchema): JsonSchema {
  const { properties, items } = schema;
  const result = { ...schema };
  if (items !== undefined) result.items = keepingUnknown(items);
  if (properties === undefined) return result;
  result.properties = Object.fromEntries(
    Object.entries(properties).map(([name, child]) => [name, keepingUnknown(child)]),
  );
  return { ...result, "x-kubernetes-preserve-unknown-fields": true };
}

/** Keywords in the order in which a reader wants them. */
const ORDER = ["description", "type", "format", "default", "enum", "required", "properties", "items"];

function structural(node: JsonSchema): JsonSchema {
  if (node["reserved"] !== undefined) return reservedSchema(node);
  const flat = flattened(node);
  const result: JsonSchema = {};
  for (const keyword of [...ORDER, ...Object.keys(flat)])
    if (flat[keyword] !== undefined && !(keyword in result)) result[keyword] = flat[keyword];
  delete result["examples"];
  dropSafeIntegerBounds(result);
  if (result.properties !== undefined) structuralObject(result, result.properties);
  else if (isSchema(result["additionalProperties"]))
    result["additionalProperties"] = structural(result["additionalProperties"]);
  else if (result["additionalProperties"] === false) delete result["additionalProperties"];
  if (result.items !== undefined) result.items = structural(result.items);
  return result;
}

/** `properties` excludes `additionalProperties` in a CRD; unknown fields are pruned anyway. */
function structuralObject(result: JsonSchema, properties: Record<string, JsonSchema>): void {
  delete result["additionalProperties"];
  const asked = (result["lines"] ?? {}) as Record<string, string>;
  delete result["lines"];
  result.required = result.required?.filter((name) => asked[name] === undefined);
  if (result.required?.length === 0 || result.required === undefined) delete result.required;
  const rules = [...missingRules(asked), ...(result["x-kubernetes-validations"] ?? []), ...reservedRules(properties)];
  if (rules.length > 0) result["x-kubernetes-validations"] = rules;
  result.properties = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, structural(child)]));
}

/** Zod bounds every integer by what a double holds exactly; an API server has int64. */
function dropSafeIntegerBounds(node: JsonSchema): void {
  if (node.type !== "integer") return;
  if (node["maximum"] === Number.MAX_SAFE_INTEGER) delete node["maximum"];
  if (node["minimum"] === Number.MIN_SAFE_INTEGER) delete node["minimum"];
  node["format"] = "int64";
}

/** A union of objects becomes one object with all their fields, none required; a CEL rule says which go together. */
function flattened(node: JsonSchema): JsonSchema {
  const branches = node["anyOf"] ?? node["oneOf"];
  if (!Array.isArray(branches)) return node;
  const { anyOf: _, oneOf: __, ...rest } = node;
  const properties = Object.assign({}, ...branches.map((branch: JsonSchema) => branch.properties ?? {}));
  return { ...rest, type: "object", properties };
}

function reservedSchema(node: JsonSchema): JsonSchema {
  const { shape } = node["reserved"] as Reserved;
  const opaque: JsonSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  if (shape === "object") return { description: node.description, ...opaque };
  return { description: node.description, type: "array", maxItems: 100, items: opaque };
}

/**
 * A required field whose absence is answered with the lines to add (`meta({ lines: { field: "field: …" } })`). CEL instead of
 * `required`, since the API server asks no CEL rule once a required field is missing, and would keep its cure to itself.
 */
function missingRules(lines: Record<string, string>) {
  return Object.entries(lines).map(([name, line]) => ({
    rule: `has(self.${name})`,
    message: `${name} is missing; write ${line}`,
    fieldPath: `.${name}`,
  }));
}

function reservedRules(properties: Record<string, JsonSchema>) {
  return Object.entries(properties).flatMap(([name, child]) => {
    if (child["reserved"] === undefined) return [];
    const { message, cure } = child["reserved"] as Reserved;
    return [{ rule: `!has(self.${name})`, message: `${message}; ${cure}`, fieldPath: `.${name}` }];
  });
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}
