// Whether a custom schema is structural, which pruning and defaulting rest on.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

import { type FieldProblem, forbiddenField, invalidValue, requiredValue } from "../errors.ts";
import { compilePattern } from "../schema/pattern.ts";
import type { RawSchema } from "../schema/raw-schema.ts";

export function structuralProblems(schema: RawSchema, path: string): FieldProblem[] {
  const found: FieldProblem[] = [];
  if (schema.type !== "object")
    found.push(invalidValue(`${path}.type`, schema.type ?? "", "must be object at the root"));
  visit(schema, path, found);
  return found;
}

function visit(schema: RawSchema, path: string, found: FieldProblem[]): void {
  found.push(...shapeProblems(schema, path), ...keywordProblems(schema, path));
  visitBranches(schema, path, found);
  for (const [name, each] of Object.entries(schema.properties ?? {})) visit(each, `${path}.properties[${name}]`, found);
  if (schema.items !== undefined) visit(schema.items, `${path}.items`, found);
  if (typeof schema.additionalProperties === "object")
    visit(schema.additionalProperties, `${path}.additionalProperties`, found);
}

function shapeProblems(schema: RawSchema, path: string): FieldProblem[] {
  const found: FieldProblem[] = [];
  const untyped =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema.type === undefined && !untyped)
    found.push(requiredValue(`${path}.type`, "must not be empty for specified object fields"));
  if (schema.properties !== undefined && schema.additionalProperties !== undefined)
    found.push(
      forbiddenField(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    );
  if (schema.type === "array" && schema.items === undefined)
    found.push(requiredValue(`${path}.items`, "must be specified"));
  return found;
}

function keywordProblems(schema: RawSchema, path: string): FieldProblem[] {
  const found: FieldProblem[] = [];
  if (schema["x-kubernetes-list-type"] === "map" && (schema["x-kubernetes-list-map-keys"] ?? []).length === 0)
    found.push(
      requiredValue(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"),
    );
  if (schema.$ref !== undefined) found.push(forbiddenField(`${path}.$ref`, "$ref is not supported"));
  if (schema.pattern !== undefined) visitPattern(schema.pattern, path, found);
  return found;
}

function visitPattern(pattern: string, path: string, found: FieldProblem[]): void {
  try {
    compilePattern(pattern);
  } catch (error) {
    found.push(invalidValue(`${path}.pattern`, pattern, `must be a valid regular expression: ${String(error)}`));
  }
}

/** Inside allOf, anyOf, oneOf and not, only value validations may stand. */
function visitBranches(schema: RawSchema, path: string, found: FieldProblem[]): void {
  if (schema["x-kubernetes-int-or-string"] === true) return;
  for (const word of ["allOf", "anyOf", "oneOf"] as const)
    for (const [index, branch] of (schema[word] ?? []).entries())
      if (branch.type !== undefined)
        found.push(forbiddenField(`${path}.${word}[${index}].type`, "must be empty to be structural"));
  if (schema.not?.type !== undefined) found.push(forbiddenField(`${path}.not.type`, "must be empty to be structural"));
}
