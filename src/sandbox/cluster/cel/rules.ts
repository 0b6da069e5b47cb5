// x-kubernetes-validations: CEL rules of a schema, run over a value and, for transition rules, over what was there before.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules

import type { FieldProblem } from "../errors.ts";
import { isObject, type Json, type JsonObject, sameJson } from "../json.ts";
import { oldItemOf } from "../schema/correlate.ts";
import { fieldPath, itemPath } from "../schema/path.ts";
import type { RawRule } from "../schema/raw-schema.ts";
import type { SchemaNode } from "../schema/schema-node.ts";
import { programOf } from "./environment.ts";
import { celValue } from "./values.ts";

/** All rules that fail. `before` is absent for a new value; transition rules then don't run. */
export function celProblems(node: SchemaNode, after: Json, before: Json | undefined): FieldProblem[] {
  const problems: FieldProblem[] = [];
  visit({ node, after, before, path: "" }, problems);
  return problems;
}

interface Place {
  node: SchemaNode;
  after: Json;
  before: Json | undefined;
  path: string;
}

function visit(place: Place, problems: FieldProblem[]): void {
  const { node, after, before, path } = place;
  // What did not change is not judged again, so that a definition may become stricter without locking objects.
  if (after === null || !node.hasRules || (before !== undefined && sameJson(after, before))) return;
  for (const rule of node.rules) problems.push(...ruleProblems(rule, place));
  if (Array.isArray(after)) {
    for (const [index, item] of after.entries())
      visit(
        { node: node.items, after: item, before: oldItemOf(node, before, item), path: itemPath(path, index) },
        problems,
      );
  } else if (isObject(after))
    for (const [field, value] of Object.entries(after)) {
      const child = node.child(field);
      const old = isObject(before) ? before[field] : undefined;
      if (child !== undefined)
        visit({ node: child, after: value, before: old, path: fieldPath(path, field) }, problems);
    }
}

function ruleProblems(rule: RawRule, place: Place): FieldProblem[] {
  const { node, after, before, path } = place;
  const isTransition = /\boldSelf\b/.test(rule.rule);
  if (isTransition && before === undefined) return [];
  const variables = {
    self: celValue(node, visible(after, path)),
    oldSelf: before === undefined ? undefined : celValue(node, visible(before, path)),
  };
  try {
    if (programOf(rule.rule)(variables) === true) return [];
  } catch (error) {
    const why = `${firstLine(error)} evaluating rule: ${rule.message ?? rule.rule.trim()}`;
    return [{ reason: "FieldValueInvalid", field: path, message: `Invalid value: "${node.type}": ${why}` }];
  }
  const message = messageOf(rule, variables);
  return [
    {
      reason: rule.reason ?? "FieldValueInvalid",
      field: path + (rule.fieldPath ?? ""),
      message: worded(rule, node, message),
    },
  ];
}

/** At the root, rules see of metadata only the names. */
function visible(value: Json, path: string): Json {
  if (path !== "" || !isObject(value) || !isObject(value["metadata"])) return value;
  const { name, generateName } = value["metadata"];
  const metadata: JsonObject = {};
  if (name !== undefined) metadata["name"] = name;
  if (generateName !== undefined) metadata["generateName"] = generateName;
  return { ...value, metadata };
}

function messageOf(
  { rule, message, messageExpression }: RawRule,
  variables: { self: unknown; oldSelf?: unknown },
): string {
  const fallback = message ?? `failed rule: ${rule.trim()}`;
  if (messageExpression === undefined) return fallback;
  try {
    const text = programOf(messageExpression)(variables);
    return typeof text === "string" && text.trim() !== "" ? text : fallback;
  } catch {
    // A message that can't be made must not hide the failure it speaks of.
    return fallback;
  }
}

function worded({ reason }: RawRule, { type }: SchemaNode, message: string): string {
  if (reason === "FieldValueForbidden") return `Forbidden: ${message}`;
  if (reason === "FieldValueRequired") return `Required value: ${message}`;
  return reason === "FieldValueDuplicate" ? `Duplicate value: "${type}"` : `Invalid value: "${type}": ${message}`;
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0]!;
}
