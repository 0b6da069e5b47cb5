// The CEL that CustomResourceDefinitions may use: the language, and of Kubernetes' own libraries what published definitions need.
// https://kubernetes.io/docs/reference/using-api/cel/ The evaluator is loaded when the first rule runs.

import { createRequire } from "node:module";
import type * as CelModule from "@marcbachmann/cel-js";
import type { Environment as CelEnvironment } from "@marcbachmann/cel-js";
import { inOurDialect } from "./dialect.ts";
import { addLibraries } from "./libraries.ts";

const load = createRequire(import.meta.url);

export type Program = (variables: { self: unknown; oldSelf?: unknown }) => unknown;

let environment: CelEnvironment | undefined;
const programs = new Map<string, Program>();

/** Throws when the expression is not well-formed or uses a function that is not there. */
export function programOf(expression: string): Program {
  let program = programs.get(expression);
  if (program === undefined) {
    const env = (environment ??= createEnvironment());
    const translated = inOurDialect(expression, (text) => env.parse(text).ast);
    const checked = env.check(translated);
    if (!checked.valid) throw checked.error ?? new Error("not valid");
    program = env.parse(translated) as unknown as Program;
    programs.set(expression, program);
  }
  return program;
}

function createEnvironment(): CelEnvironment {
  const { Environment, Optional } = load("@marcbachmann/cel-js") as typeof CelModule;
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  return addLibraries(environment.registerVariable("self", "dyn").registerVariable("oldSelf", "dyn"), Optional);
}
