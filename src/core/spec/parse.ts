// From anything to a Canary or a CanaryAction with its defaults, or to everything that is wrong with it.

import type { z } from "zod";
import { apiVersionOf, CANARIES, CANARY_ACTIONS, type Resource } from "../kubernetes/resource.ts";
import { type CanaryAction, canaryActionSpecSchema } from "./action.ts";
import { type Canary, canarySpecSchema } from "./canary.ts";
import { didYouMean } from "./did-you-mean.ts";
import { explainIssues } from "./explain-issues.ts";
import { isObject } from "./is-object.ts";
import { isObjectName } from "./names.ts";
import { dottedPath, type Parsed, type SpecError } from "./problem.ts";
import { show } from "./show.ts";

/** Defaults are filled in; metadata and status pass through as they are. */
export function parseCanary(input: unknown): Parsed<Canary> {
  return parseObject<Canary>(input, CANARIES, canarySpecSchema);
}

export function parseCanaryAction(input: unknown): Parsed<CanaryAction> {
  return parseObject<CanaryAction>(input, CANARY_ACTIONS, canaryActionSpecSchema);
}

function parseObject<T>(input: unknown, resource: Resource, schema: z.ZodType): Parsed<T> {
  if (!isObject(input)) {
    const cure = `write apiVersion: ${apiVersionOf(resource)}, kind: ${resource.kind}, metadata and spec`;
    return { ok: false, errors: [{ path: "", message: `is not a ${resource.kind} but ${nameOf(input)}`, cure }] };
  }
  const errors = [...typeErrors(input, resource), ...metadataErrors(input["metadata"]), ...unknownFields(input)];
  const spec = schema.safeParse(input["spec"]);
  if (!spec.success) errors.push(...explainIssues(spec.error, schema, input["spec"], ["spec"]));
  if (errors.length > 0 || !spec.success) return { ok: false, errors };
  return { ok: true, value: { ...input, spec: spec.data } as T };
}

function typeErrors(input: Record<string, unknown>, resource: Resource): SpecError[] {
  return [
    { path: "apiVersion", want: apiVersionOf(resource) },
    { path: "kind", want: resource.kind },
  ].flatMap(({ path, want }) => {
    if (input[path] === want) return [];
    const found = input[path] === undefined ? "is missing" : `is ${show(input[path])}`;
    return [{ path, message: found, cure: `write ${path}: ${want}` }];
  });
}

function metadataErrors(metadata: unknown): SpecError[] {
  const cure = "write lower-case letters a-z, digits, '-' and '.', such as echo";
  if (!isObject(metadata)) return [{ path: "metadata", message: "is missing", cure: "write metadata: {name: echo}" }];
  const { name, generateName } = metadata;
  if ((name === undefined || name === "") && typeof generateName === "string" && generateName !== "") return [];
  if (name === undefined || name === "") return [{ path: "metadata.name", message: "is missing", cure }];
  if (typeof name === "string" && isObjectName(name)) return [];
  return [{ path: "metadata.name", message: `${show(name)} is not a name that an object can have`, cure }];
}

const TOP_LEVEL = ["apiVersion", "kind", "metadata", "spec", "status"];

function unknownFields(input: Record<string, unknown>): SpecError[] {
  return Object.keys(input)
    .filter((key) => !TOP_LEVEL.includes(key))
    .map((key) => {
      const meant = didYouMean(key, TOP_LEVEL);
      const cure = meant === undefined ? "move it under spec, or remove it" : `did you mean ${meant}?`;
      return { path: dottedPath([key]), message: "is not a field that Serin knows", cure };
    });
}

function nameOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
