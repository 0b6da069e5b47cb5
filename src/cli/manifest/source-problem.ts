// Something that is wrong in a file, with its place.

export type Severity = "error" | "warning" | "info";

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
  /** Characters to underline, at least 1. */
  length: number;
}

export interface SourceProblem {
  file: string;
  place: Place;
  severity: Severity;
  /** SRN and four digits; explained in docs/reference/lint.md. */
  code: string;
  message: string;
  /** "Canary echo.default" */
  subject?: string;
  /** Dotted field. */
  field?: string;
}
