// Zod's issues in Serin's words: the field's path, what is wrong with it, what to write instead.

import type { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import { isObject } from "./is-object.ts";
import { dottedPath, type SpecError } from "./problem.ts";
import { branchesOf, exampleOf, fieldsOf, isWholeNumber, schemaAt } from "./schema-at.ts";
import { show } from "./show.ts";

/** One error for each place. `input` is what was parsed with `schema`; `at` is the path of that value in the object. */
export function explainIssues(error: z.ZodError, schema: z.ZodType, input: unknown, at: PropertyKey[]): SpecError[] {
  const context: Context = { schema, input, at };
  const errors = error.issues.flatMap((issue) => explain(issue, context));
  return errors.filter(({ path }, index) => errors.findIndex((other) => other.path === path) === index);
}

interface Context {
  schema: z.ZodType;
  input: unknown;
  at: PropertyKey[];
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, context: Context): SpecError[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(issue.path, key, context));
  if (issue.code === "invalid_union") return explainUnion(issue, context);
  const path = dottedPath([...context.at, ...issue.path]);
  const value = valueAt(context.input, issue.path);
  if (issue.code === "custom") {
    const cure = String(issue.params?.["cure"] ?? cureFor(issue.path, context));
    const said = typeof value === "string" ? `${show(value)} ${issue.message}` : issue.message;
    return [{ path, message: said, cure }];
  }
  const cure = cureFor(issue.path, context);
  if (value === undefined) return [{ path, message: "is missing", cure }];
  return [{ path, message: wrongValue(issue, value, isWholeNumber(schemaAt(context.schema, issue.path))), cure }];
}

function unknownField(path: PropertyKey[], key: string, { schema, at }: Context): SpecError {
  const known = fieldsOf(schemaAt(schema, path));
  const meant = didYouMean(key, known);
  const list = known.length === 0 ? "it has no fields" : `known here: ${known.join(", ")}`;
  const cure = meant === undefined ? `remove it; ${list}` : `did you mean ${meant}?`;
  return { path: dottedPath([...at, ...path, key]), message: "is not a field that Serin knows", cure };
}

/** A union of objects is told apart by the one field that each branch requires. */
function explainUnion(issue: Extract<Issue, { code: "invalid_union" }>, context: Context): SpecError[] {
  const value = valueAt(context.input, issue.path);
  const branches = branchesOf(schemaAt(context.schema, issue.path)).map(fieldsOf);
  const present = isObject(value) ? branches.map((fields) => fields.filter((field) => field in value)) : [];
  const chosen = present.flatMap((fields, index) => (fields.length > 0 ? [index] : []));
  const path = dottedPath([...context.at, ...issue.path]);
  const names = branches.flat();
  const cure = cureFor(issue.path, context);
  if (chosen.length > 1)
    return [
      { path, message: `has ${names.join(" and ")} in one step`, cure: "write them as two steps, in their order" },
    ];
  if (chosen.length === 0 && isObject(value)) {
    const unknown = Object.keys(value).map((key) => unknownField(issue.path, key, context));
    return unknown.length > 0 ? unknown : [{ path, message: `has neither ${names.join(" nor ")}`, cure }];
  }
  if (chosen.length === 0)
    return [{ path, message: `is ${show(value)}, must be one of {${names.join("}, {")}}`, cure }];
  return issue.errors[chosen[0]!]!.flatMap((inner) =>
    explain({ ...inner, path: [...issue.path, ...inner.path] }, context),
  );
}

function wrongValue(issue: Issue, value: unknown, whole: boolean): string {
  const is = `is ${show(value)}`;
  if (issue.code === "invalid_type")
    return `${is}, must be ${TYPE_WORDS[whole ? "int" : issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value") return `${is}, must be one of ${issue.values.map(String).join(", ")}`;
  if (issue.code === "invalid_format") return `${is}, which has the wrong form`;
  if (issue.code === "too_small") return isSized(issue.origin) ? "is empty" : `${is}, must be ${issue.minimum} or more`;
  if (issue.code !== "too_big") return `${is}: ${issue.message}`;
  if (issue.origin === "array") return `has too many entries, at most ${issue.maximum} are allowed`;
  return isSized(issue.origin)
    ? `is longer than ${issue.maximum} characters`
    : `${is}, must be ${issue.maximum} or less`;
}

/** Every lower bound of a size in the schemas is 1. */
function isSized(origin: string): boolean {
  return origin === "array" || origin === "string";
}

const TYPE_WORDS: Record<string, string> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** The line to write: the field with its example. */
function cureFor(path: PropertyKey[], { schema, at }: Context): string {
  const example = exampleOf(schemaAt(schema, path));
  const field = [...at, ...path].at(-1);
  return typeof field === "string" ? `write ${field}: ${flow(example)}` : `write ${flow(example)}`;
}

/** YAML in flow style, for lines that a person can paste. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, child]) => `${key}: ${flow(child)}`)
      .join(", ")}}`;
  if (typeof value === "string")
    return /^[A-Za-z][A-Za-z0-9 .@/-]*$|^\d+[a-z]+$/.test(value) ? value : JSON.stringify(value);
  return String(value);
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  let value = input;
  for (const segment of path) value = isObject(value) || Array.isArray(value) ? (value as never)[segment] : undefined;
  return value;
}
