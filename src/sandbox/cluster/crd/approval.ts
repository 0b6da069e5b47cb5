// Definitions in Kubernetes' own groups carry a link to their approval, as the Gateway API's do.
// https://github.com/kubernetes/enhancements/pull/1111

import { type FieldProblem, invalidValue, requiredValue } from "../errors.ts";
import type { Definition } from "./definition-object.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const FIELD = `metadata.annotations[${ANNOTATION}]`;

interface Approval {
  status: "True" | "False";
  reason: string;
  message: string;
}

/** What a condition says of it; undefined when the group needs none. */
export function approvalOf({ metadata, spec }: Pick<Definition, "metadata" | "spec">): Approval | undefined {
  const given = metadata.annotations?.[ANNOTATION] ?? "";
  if (!isProtected(spec.group) || given === "") return undefined;
  if (given.startsWith("unapproved"))
    return { status: "False", reason: "UnapprovedAnnotation", message: `not approved: ${JSON.stringify(given)}` };
  return { status: "True", reason: "ApprovedAnnotation", message: `approved in ${given}` };
}

export function approvalProblems({ metadata, spec }: Pick<Definition, "metadata" | "spec">): FieldProblem[] {
  const given = metadata.annotations?.[ANNOTATION] ?? "";
  if (!isProtected(spec.group) || given.startsWith("unapproved") || URL.canParse(given)) return [];
  const see = `see https://github.com/kubernetes/enhancements/pull/1111`;
  if (given === "")
    return [requiredValue(FIELD, `protected groups must have approval annotation "${ANNOTATION}", ${see}`)];
  const detail = `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", ${see}`;
  return [invalidValue(FIELD, given, detail)];
}

function isProtected(group = ""): boolean {
  return /(^|\.)(k8s|kubernetes)\.io$/.test(group);
}
