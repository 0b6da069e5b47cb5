// What a linter says: one finding at one field of one object, and the list of everything it can say.

import { dottedPath } from "../spec/problem.ts";

export type Severity = "error" | "warning" | "info";

export interface Finding {
  code: LintCode;
  severity: Severity;
  /** Index of the object in the list that was linted. */
  object: number;
  /** Kind, name and namespace: `VirtualService echo.default`. */
  subject: string;
  /** Where in the object, as segments; the field may be absent there. */
  segments: (string | number)[];
  /** The same, dotted: `spec.http[0].route`. */
  path: string;
  /** What is wrong. */
  message: string;
  /** What to write or do instead. */
  cure: string;
}

/** Everything that is checked. docs/reference/lint.md is made from this table. */
export const LINT_CODES = {
  SRN0101: "A Canary or CanaryAction breaks its schema.",
  SRN0102: "Steps give the canary less than a step before.",
  SRN0103: "The last setWeight is below 100: after the last step the canary gets everything at once.",
  SRN0104: "A Deployment named by a Canary is not there.",
  SRN0105: "The routes or subsets for a Canary cannot be found, or are ambiguous.",
  SRN0106: "Two Canaries move the same route.",
  SRN0201: "A field that Istio does not know.",
  SRN0202: "A value that Istio's schema refuses.",
  SRN0203: "Something that is not a duration.",
  SRN0204: "A weight that is negative or no whole number.",
  SRN0205: "Destinations with weights that are all zero.",
  SRN0206: "Weights that do not sum to 100.",
  SRN0207: "A VirtualService without routes, or a route that answers nothing.",
  SRN0208: "A route that can never match, behind one that matches everything.",
  SRN0301: "A subset that no DestinationRule has.",
  SRN0302: "A host that no Service has.",
  SRN0303: "A subset that selects no Deployment's pods.",
  SRN0304: "A Gateway that is not there.",
  SRN0305: "The same object more than once.",
} as const;

type LintCode = keyof typeof LINT_CODES;

/** What a rule reports; the caller knows the object. */
export interface Report {
  code: LintCode;
  severity: Severity;
  segments: (string | number)[];
  message: string;
  cure: string;
}

export function findingOf(report: Report, object: number, subject: string): Finding {
  return { ...report, object, subject, path: dottedPath(report.segments) };
}
