// Port numbers.

import { type FieldProblem, invalidValue } from "../errors.ts";

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

export function portRangeProblems(field: string, port: number): FieldProblem[] {
  return isPort(port) ? [] : [invalidValue(field, port, "must be between 1 and 65535, inclusive")];
}
