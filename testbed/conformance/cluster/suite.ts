// All cases of the cluster port's conformance suite.

import { APPLY_CASES } from "./apply-cases.ts";
import type { Case } from "./case.ts";
import { DEFINITION_CASES } from "./definition-cases.ts";
import { DELETE_CASES } from "./delete-cases.ts";
import { WATCH_CASES } from "./watch-cases.ts";
import { WRITE_CASES } from "./write-cases.ts";

export { runCase } from "./case.ts";

export const SUITE: Record<string, Case[]> = {
  write: WRITE_CASES,
  watch: WATCH_CASES,
  apply: APPLY_CASES,
  delete: DELETE_CASES,
  definition: DEFINITION_CASES,
};
