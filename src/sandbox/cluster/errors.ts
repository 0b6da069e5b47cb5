// Every refusal of the sandbox API, worded as a real API server words it, so that clients that parse or print it see the same.
// Sources: k8s.io/apimachinery pkg/api/errors and pkg/util/validation/field.

import type { Resource } from "../../core/kubernetes/resource.ts";
import { ClusterError, type StatusCause } from "../../ports/cluster.ts";

/** `deployments.apps`, `pods`: how messages name a resource. */
function qualifiedName({ group, plural }: Resource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

export function notFound(resource: Resource, name: string): ClusterError {
  return new ClusterError("NotFound", `${qualifiedName(resource)} "${name}" not found`);
}

export function unknownResource({ group, version, plural }: Resource): ClusterError {
  const where = group === "" ? version : `${group}/${version}`;
  return new ClusterError("NotFound", `the server could not find the requested resource (${plural} in ${where})`);
}

export function alreadyExists(resource: Resource, name: string): ClusterError {
  return new ClusterError("AlreadyExists", `${qualifiedName(resource)} "${name}" already exists`);
}

export function conflict(resource: Resource, name: string, detail: string): ClusterError {
  return new ClusterError(
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${detail}`,
  );
}

export function modifiedMeanwhile(resource: Resource, name: string): ClusterError {
  const detail = "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(resource, name, detail);
}

export function forbidden(resource: Resource, name: string, detail: string): ClusterError {
  return new ClusterError("Forbidden", `${qualifiedName(resource)} "${name}" is forbidden: ${detail}`);
}

export function badRequest(message: string): ClusterError {
  return new ClusterError("BadRequest", message);
}

export function expired(version: string | number, oldest: number): ClusterError {
  return new ClusterError("Expired", `too old resource version: ${version} (${oldest})`);
}

/** `Invalid` with one cause per wrong field. */
export function invalid({ group, kind }: Resource, name: string, problems: readonly FieldProblem[]): ClusterError {
  const lines = [...new Set(problems.map((problem) => `${problem.field}: ${problem.message}`))];
  const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const subject = group === "" ? kind : `${kind}.${group}`;
  return new ClusterError("Invalid", `${subject} "${name}" is invalid: ${text}`, { causes: [...problems] });
}

/** Throws `Invalid` when there is any problem. */
export function refuseInvalid(resource: Resource, name: string, problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw invalid(resource, name, problems);
}

export interface FieldProblem extends StatusCause {
  field: string;
}

export function requiredValue(field: string, detail = ""): FieldProblem {
  return {
    reason: "FieldValueRequired",
    field,
    message: detail === "" ? "Required value" : `Required value: ${detail}`,
  };
}

export function invalidValue(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${shown(value)}: ${detail}` };
}

export function invalidType(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: "FieldValueTypeInvalid", field, message: `Invalid value: ${shown(value)}: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldProblem {
  const list = supported.map((each) => JSON.stringify(each)).join(", ");
  return {
    reason: "FieldValueNotSupported",
    field,
    message: `Unsupported value: ${shown(value)}: supported values: ${list}`,
  };
}

export function duplicateValue(field: string, value: unknown): FieldProblem {
  return { reason: "FieldValueDuplicate", field, message: `Duplicate value: ${shown(value)}` };
}

export function forbiddenField(field: string, detail: string): FieldProblem {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${detail}` };
}

export function tooLong(field: string, value: unknown, limit: number): FieldProblem {
  const shownValue = typeof value === "string" && value.length > 256 ? `${value.slice(0, 256)}…` : value;
  return {
    reason: "FieldValueTooLong",
    field,
    message: `Too long: ${typeof value === "string" ? `may not be more than ${limit} bytes` : `${shown(shownValue)}: may not be more than ${limit} bytes`}`,
  };
}

function shown(value: unknown): string {
  if (value === undefined) return "null";
  const text = JSON.stringify(value);
  return text.length > 1024 ? `${text.slice(0, 1024)}…` : text;
}
