// Values against a structural schema, with the words of a real API server (k8s.io/kube-openapi pkg/validation).

import {
  duplicateValue,
  type FieldProblem,
  invalidType,
  invalidValue,
  notSupported,
  requiredValue,
  tooLong,
} from "../errors.ts";
import { isObject, type Json, type JsonObject, sameJson } from "../json.ts";
import { formatProblem } from "./formats.ts";
import { fieldPath, itemPath } from "./path.ts";
import { compilePattern } from "./pattern.ts";
import type { RawSchema } from "./raw-schema.ts";
import { nodeOf, type SchemaNode } from "./schema-node.ts";

/** All that is wrong with a value, CEL rules aside. */
export function schemaProblems(node: SchemaNode, value: Json, path = "", before?: Json): FieldProblem[] {
  const problems: FieldProblem[] = [];
  check(node, value, path, problems);
  // What did not change is not judged again, so that a definition may become stricter without locking objects.
  return before === undefined
    ? problems
    : problems.filter(({ field }) => !sameJson(at(value, field), at(before, field)));
}

/** The value at a path like `spec.list[1].name`; the whole value where the path leads nowhere. */
function at(value: Json, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path.split(/[.[\]]+/).filter((each) => each !== ""))
    found = Array.isArray(found) ? found[Number(step)] : isObject(found) ? found[step] : undefined;
  return found;
}

function check(node: SchemaNode, value: Json, path: string, problems: FieldProblem[]): void {
  if (value === null && node.raw.nullable === true) return;
  const wrong = typeProblem(node, value, path);
  if (wrong !== undefined) {
    problems.push(wrong);
    return;
  }
  const { raw } = node;
  if (raw.enum !== undefined && !raw.enum.some((each) => sameJson(each, value)))
    problems.push(notSupported(path, value, raw.enum));
  if (typeof value === "string") checkString(raw, value, path, problems);
  else if (typeof value === "number") checkNumber(raw, value, path, problems);
  else if (Array.isArray(value)) checkList(node, value, path, problems);
  else if (isObject(value)) checkObject(node, value, path, problems);
  checkCombinations(node, value, path, problems);
}

function typeProblem(node: SchemaNode, value: Json, path: string): FieldProblem | undefined {
  const wanted = node.type === "intOrString" ? "integer,string" : node.type;
  if (accepts(node.type, value)) return undefined;
  const found =
    value === null ? "null" : Array.isArray(value) ? "array" : isObject(value) ? "object" : typeNameOf(value);
  return invalidType(path, found, `${path} in body must be of type ${wanted}: "${found}"`);
}

function typeNameOf(value: Json): string {
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

function accepts(type: SchemaNode["type"], value: Json): boolean {
  switch (type) {
    case "any":
      return true;
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "intOrString":
      return Number.isInteger(value) || typeof value === "string";
    case "quantity":
      return typeof value === "number" || typeof value === "string";
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
  }
}

/** The first thing that is wrong, as a real server says only that. */
function checkString(raw: RawSchema, value: string, path: string, problems: FieldProblem[]): void {
  const length = codePointCount(value);
  const wrongFormat = raw.format === undefined ? undefined : formatProblem(raw.format, value);
  if (raw.maxLength !== undefined && length > raw.maxLength) problems.push(tooLong(path, value, raw.maxLength));
  else if (raw.minLength !== undefined && length < raw.minLength)
    problems.push(invalidValue(path, value, `${path} in body should be at least ${raw.minLength} chars long`));
  else if (raw.pattern !== undefined && !compilePattern(raw.pattern)(value))
    problems.push(invalidValue(path, value, `${path} in body should match '${raw.pattern}'`));
  else if (wrongFormat !== undefined)
    problems.push(invalidType(path, value, `${path} in body must be of type ${wrongFormat}: "${value}"`));
}

function codePointCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function checkNumber(raw: RawSchema, value: number, path: string, problems: FieldProblem[]): void {
  const { minimum, maximum, multipleOf } = raw;
  const say = (text: string) => problems.push(invalidValue(path, value, `${path} in body should be ${text}`));
  if (minimum !== undefined && (raw.exclusiveMinimum === true ? value <= minimum : value < minimum))
    say(`greater than ${raw.exclusiveMinimum === true ? "" : "or equal to "}${minimum}`);
  if (maximum !== undefined && (raw.exclusiveMaximum === true ? value >= maximum : value > maximum))
    say(`less than ${raw.exclusiveMaximum === true ? "" : "or equal to "}${maximum}`);
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) say(`a multiple of ${multipleOf}`);
  if (raw.format === "int32" && (value > 2 ** 31 - 1 || value < -(2 ** 31))) say(`of type int32: "${value}"`);
}

function checkList(node: SchemaNode, value: Json[], path: string, problems: FieldProblem[]): void {
  const { minItems, maxItems, uniqueItems } = node.raw;
  if (maxItems !== undefined && value.length > maxItems)
    problems.push({
      reason: "FieldValueTooMany",
      field: path,
      message: `Too many: ${value.length}: must have at most ${maxItems} items`,
    });
  if (minItems !== undefined && value.length < minItems)
    problems.push(invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  for (const [index, item] of value.entries()) check(node.items, item, itemPath(path, index), problems);
  if (node.listType === "set" || uniqueItems === true) checkUnique(value, (item) => item, path, problems);
  if (node.listType === "map") checkUnique(value, (item) => keysOf(node, item), path, problems);
}

function keysOf(node: SchemaNode, item: Json): Json {
  if (!isObject(item)) return item;
  return Object.fromEntries(
    node.listKeys.map((key) => [key, item[key] ?? (node.items.properties.get(key)?.default as Json) ?? null]),
  );
}

function checkUnique(list: Json[], keyOf: (item: Json) => Json, path: string, problems: FieldProblem[]): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    if (seen.has(text)) problems.push(duplicateValue(itemPath(path, index), key));
    seen.add(text);
  }
}

function checkObject(node: SchemaNode, value: JsonObject, path: string, problems: FieldProblem[]): void {
  const { minProperties, maxProperties } = node.raw;
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties)
    problems.push({
      reason: "FieldValueTooMany",
      field: path,
      message: `Too many: ${count}: must have at most ${maxProperties} items`,
    });
  if (minProperties !== undefined && count < minProperties)
    problems.push(invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`));
  for (const name of node.required) if (value[name] === undefined) problems.push(requiredValue(fieldPath(path, name)));
  for (const field of Object.keys(value)) {
    const child = node.child(field);
    if (child !== undefined) check(child, value[field]!, fieldPath(path, field), problems);
  }
}

function checkCombinations(node: SchemaNode, value: Json, path: string, problems: FieldProblem[]): void {
  const { allOf, anyOf, oneOf, not } = node.raw;
  const fits = (raw: RawSchema) => branchProblems(raw, value, path).length === 0;
  for (const each of allOf ?? []) problems.push(...branchProblems(each, value, path));
  const say = (text: string) => problems.push(invalidValue(path, value, text));
  if (anyOf !== undefined && node.type !== "intOrString" && !anyOf.some(fits))
    say(`"${path}" must validate at least one schema (anyOf)`);
  const matching = oneOf === undefined || node.type === "quantity" ? 1 : oneOf.filter(fits).length;
  if (matching !== 1)
    say(
      `"${path}" must validate one and only one schema (oneOf). Found ${matching === 0 ? "none valid" : `${matching} valid alternatives`}`,
    );
  if (not !== undefined && fits(not)) say(`"${path}" must not validate the schema (not)`);
}

/** Branches say nothing of types (structural schemas forbid it), so an absent type means any. */
function branchProblems(raw: RawSchema, value: Json, path: string): FieldProblem[] {
  if (raw.type === undefined && raw.properties !== undefined && !isObject(value)) return [];
  return schemaProblems(nodeOf(raw, {}), value, path);
}
