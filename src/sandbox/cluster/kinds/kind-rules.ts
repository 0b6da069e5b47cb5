// What a kind may bring of its own: see rules.ts for the table.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { Core, User } from "../core.ts";
import type { FieldProblem } from "../errors.ts";
import type { NameCheck } from "../names.ts";

export interface KindRules {
  checkName?: NameCheck;
  /** Defaults that depend on other fields; on every write, in place. */
  fillIn?(object: KubeObject): void;
  /** What the server decides when an object is new, in place: allocated addresses, first status. */
  prepareCreate?(core: Core, object: KubeObject, user: User): void;
  /** What the server carries over or decides on a change, in place. */
  prepareUpdate?(core: Core, before: KubeObject, after: KubeObject): void;
  /** What the writer should know though the object is in order. */
  warning?(object: KubeObject): string | undefined;
  problems?(object: KubeObject, user: User): FieldProblem[];
  changeProblems?(before: KubeObject, after: KubeObject): FieldProblem[];
}
