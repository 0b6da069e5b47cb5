// Macros with two variables, index and item or key and value: https://pkg.go.dev/github.com/google/cel-go/ext#TwoVarComprehensions
// The evaluator here has those with one. Each becomes one of these over pairs, in which both variables are bound:
//   list.all(i, v, v > i)   pairsOf(list).all(pair, cel.bind(i, pair[0], cel.bind(v, pair[1], v > i)))

import type { Environment } from "@marcbachmann/cel-js";

const PAIR = "__pair__";
const PAIRS_OF = "__pairsOf__";
const MAP_OF = "__mapOf__";
const MERGED = "__merged__";

/** How each macro is written with one variable; `bodies` are its arguments after the variables, with both bound. */
const MACROS: Readonly<Record<string, (pairs: string, bodies: string[]) => string>> = {
  all: (pairs, [test]) => `${pairs}.all(${PAIR}, ${test})`,
  exists: (pairs, [test]) => `${pairs}.exists(${PAIR}, ${test})`,
  existsOne: (pairs, [test]) => `${pairs}.exists_one(${PAIR}, ${test})`,
  transformList: (pairs, bodies) => `${pairs}.map(${PAIR}, ${bodies.join(", ")})`,
  transformMap: (pairs, bodies) =>
    `${MAP_OF}(${pairs}.map(${PAIR}, ${[...bodies.slice(0, -1), `[${PAIR}[0], ${bodies.at(-1)}]`].join(", ")}))`,
  transformMapEntry: (pairs, bodies) => `${MERGED}(${pairs}.map(${PAIR}, ${bodies.join(", ")}))`,
};
/** These filter, too, when there is one argument more. */
const FILTERING = new Set(["transformList", "transformMap", "transformMapEntry"]);

export const MENTIONS_TWO_VARIABLES = /\.\s*(all|exists|existsOne|transformList|transformMap|transformMapEntry)\s*\(/;

/** True for a call of such a macro, by its name and the number of its arguments. */
export function hasTwoVariables(name: string, argumentCount: number): boolean {
  return Object.hasOwn(MACROS, name) && (argumentCount === 3 || (argumentCount === 4 && FILTERING.has(name)));
}

export interface TwoVariableCall {
  name: string;
  receiver: string;
  variables: [string, string];
  bodies: string[];
}

export function withOneVariable({ name, receiver, variables: [first, second], bodies }: TwoVariableCall): string {
  const bound = (body: string) => `cel.bind(${first}, ${PAIR}[0], cel.bind(${second}, ${PAIR}[1], ${body}))`;
  return MACROS[name]!(`${PAIRS_OF}(${receiver})`, bodies.map(bound));
}

export function addPairs(environment: Environment): void {
  environment
    .registerFunction(`${PAIRS_OF}(dyn): list<list<dyn>>`, pairsOf)
    .registerFunction(`${MAP_OF}(list): map<dyn, dyn>`, (pairs: [unknown, unknown][]) => new Map(pairs))
    .registerFunction(`${MERGED}(list): map<dyn, dyn>`, merged);
}

function pairsOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [BigInt(index), item]);
  return entriesOf(value);
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (value instanceof Map) return [...value];
  if (typeof value === "object" && value !== null) return Object.entries(value);
  throw new Error("only lists and maps have pairs");
}

function merged(maps: unknown[]): Map<unknown, unknown> {
  const result = new Map<unknown, unknown>();
  for (const [key, value] of maps.flatMap(entriesOf)) {
    if (result.has(key)) throw new Error(`insert failed: key ${String(key)} already exists`);
    result.set(key, value);
  }
  return result;
}
