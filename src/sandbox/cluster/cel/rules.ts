// Placeholder until the evaluator below is joined in.
import type { FieldProblem } from "../errors.ts";
import type { Json } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";

export function celProblems(_schema: SchemaNode, _after: Json, _before: Json | undefined): FieldProblem[] {
  return [];
}
