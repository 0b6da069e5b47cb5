// The CEL rules of a definition, before an object meets them: whoever writes one with a slip hears of it now.

import { type FieldProblem, invalidValue } from "../errors.ts";
import type { RawSchema } from "../schema/raw-schema.ts";
import { programOf } from "./environment.ts";

/** Rules and message expressions that do not compile, each with its path. */
export function definitionRuleProblems(schema: RawSchema, path: string): FieldProblem[] {
  const { properties = {}, items, additionalProperties, "x-kubernetes-validations": rules = [] } = schema;
  const here = rules.flatMap(({ rule, messageExpression }, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    return [
      ...compileProblems(rule, `${at}.rule`),
      ...(messageExpression === undefined ? [] : compileProblems(messageExpression, `${at}.messageExpression`)),
    ];
  });
  return [
    ...here,
    ...Object.entries(properties).flatMap(([name, each]) =>
      definitionRuleProblems(each, `${path}.properties[${name}]`),
    ),
    ...(items === undefined ? [] : definitionRuleProblems(items, `${path}.items`)),
    ...(typeof additionalProperties === "object"
      ? definitionRuleProblems(additionalProperties, `${path}.additionalProperties`)
      : []),
  ];
}

function compileProblems(expression: string, path: string): FieldProblem[] {
  try {
    programOf(expression);
    return [];
  } catch (error) {
    const [why = ""] = (error as Error).message.split("\n");
    return [invalidValue(path, expression, `compilation failed: ${why}${hintFor(expression)}`)];
  }
}

const OPTIONAL_ENTRY = /[[{,]\s*\?/;

/** What Kubernetes has and the evaluator here has not. */
function hintFor(expression: string): string {
  return OPTIONAL_ENTRY.test(expression) ? " (the sandbox knows no optional entries of lists and maps)" : "";
}
