// A rule is said once and holds twice: as a check in the parser, and as CEL in the CRD, where the API server asks it.
// crd.test.ts evaluates both on the same values.

import { z } from "zod";

export interface Rule<T> {
  /** True for a good value. */
  holds: (value: T) => boolean;
  /** The same in CEL: https://kubernetes.io/docs/reference/using-api/cel/ */
  cel: string;
  /** What is wrong with a value that breaks it. */
  message: string;
  /** What to write instead. */
  cure: string;
  /** The field inside an object that is to blame. */
  field?: string;
}

/** The schema with the rules added to it. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: Rule<z.output<S>>[]): S {
  let result: S = schema;
  for (const { holds, message, cure, field } of rules)
    result = result.refine(holds, { error: message, params: { cure }, path: field === undefined ? [] : [field] });
  const validations = rules.map(({ cel, message, cure, field }) => ({
    rule: cel,
    message: `${message}; ${cure}`,
    ...(field === undefined ? {} : { fieldPath: `.${field}` }),
  }));
  return result.meta({ ...schema.meta(), "x-kubernetes-validations": validations });
}

/** What stands in the metadata of a reserved field. */
export interface Reserved {
  shape: "object" | "array";
  message: string;
  cure: string;
}

/**
 * A field that a later version will have. It is declared, so that both the parser and the API server refuse it with the
 * lines to write instead: an undeclared one would be pruned by the API server and its wish silently dropped.
 */
export function reserved(shape: "object" | "array", cure: string, message = "is not supported yet") {
  return z
    .custom<undefined>((value) => value === undefined, { error: message, params: { cure } })
    .optional()
    .meta({ description: `Not supported yet: ${cure}.`, reserved: { shape, message, cure } satisfies Reserved });
}
