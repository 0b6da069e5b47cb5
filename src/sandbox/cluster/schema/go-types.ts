// Type errors of built-in kinds. A real server decodes them into Go structs, so a wrong type is BadRequest with Go's words.

import { isObject, type Json } from "../json.ts";
import { fieldPath } from "./path.ts";
import type { SchemaNode } from "./schema-node.ts";

/** The first type error in Go's words, or undefined. Nulls count as absent and are removed in place. */
export function goTypeError(node: SchemaNode, value: Json): string | undefined {
  return check(node, value, { owner: structName(node), path: "" });
}

interface Place {
  /** The Go struct that holds the field. */
  owner: string;
  path: string;
}

function check(node: SchemaNode, value: Json, place: Place): string | undefined {
  if (node.freeForm) return undefined;
  if (isObject(value))
    return node.type === "object" ? checkFields(node, value, place) : mismatch(node, "object", place);
  if (Array.isArray(value)) {
    if (node.type !== "array") return mismatch(node, "array", place);
    return firstOf(value, (item) => check(node.items, item, place));
  }
  return scalarError(node, value, place);
}

function checkFields(node: SchemaNode, value: Record<string, Json>, place: Place): string | undefined {
  const owner = node.properties.size > 0 ? structName(node) : place.owner;
  return firstOf(Object.keys(value), (field) => {
    const known = node.properties.get(field);
    if (isAbsentInGo(node, field, known, value[field]!)) {
      delete value[field];
      return undefined;
    }
    const child = known ?? node.values;
    // Go's decoder names the map, not the key in it.
    const path = known === undefined ? place.path : fieldPath(place.path, field);
    return child === undefined ? undefined : check(child, value[field]!, { owner, path });
  });
}

/** Nulls, and optional lists and maps that are empty, leave no trace in a Go struct. */
function isAbsentInGo(node: SchemaNode, field: string, known: SchemaNode | undefined, value: Json): boolean {
  if (value === null) return !node.preservesUnknown;
  if (known === undefined || known.freeForm || node.required.includes(field)) return false;
  const isCollection = known.type === "array" || (known.type === "object" && known.values !== undefined);
  return isCollection && typeof value === "object" && Object.keys(value).length === 0;
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function scalarError(node: SchemaNode, value: Json, place: Place): string | undefined {
  const found = typeof value;
  if (node.type === "any") return undefined;
  if (node.type === "integer" && typeof value === "number")
    return Number.isInteger(value) ? undefined : mismatch(node, `number ${value}`, place);
  const accepted = ACCEPTED[node.type] ?? [node.type];
  // []byte travels as base64 text.
  const isBytes = node.type === "array" && node.raw.format === "byte" && found === "string";
  return isBytes || accepted.includes(found) ? undefined : mismatch(node, goKind(found), place);
}

const ACCEPTED: Partial<Record<SchemaNode["type"], string[]>> = {
  intOrString: ["string", "number"],
  quantity: ["string", "number"],
};

function mismatch(node: SchemaNode, found: string, { owner, path }: Place): string {
  return `json: cannot unmarshal ${found} into Go struct field ${owner}.${path} of type ${goType(node)}`;
}

function goKind(type: string): string {
  return type === "boolean" ? "bool" : type;
}

function goType(node: SchemaNode): string {
  switch (node.type) {
    case "integer":
      return node.raw.format ?? "int64";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    case "array":
      return `[]${goType(node.items)}`;
    case "object":
      if (node.definition !== undefined) return goName(node.definition);
      return `map[string]${node.values === undefined ? "interface {}" : goType(node.values)}`;
    case "string":
    case "intOrString":
    case "quantity":
    case "any":
      return node.definition === undefined ? "string" : goName(node.definition);
  }
}

/** "io.k8s.api.apps.v1.DeploymentSpec" is v1.DeploymentSpec in Go. */
function goName(definition: string): string {
  return definition.split(".").slice(-2).join(".");
}

function structName(node: SchemaNode): string {
  return node.definition?.split(".").at(-1) ?? "";
}
