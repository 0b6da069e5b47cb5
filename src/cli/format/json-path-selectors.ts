// One JSONPath expression as a list of selectors.

import { usageProblem } from "../problems.ts";

export type Selector =
  | { kind: "root" }
  | { kind: "field"; name: string }
  | { kind: "union"; paths: Selector[][] }
  | { kind: "index"; at: number }
  | { kind: "all" }
  | { kind: "descend" }
  | { kind: "slice"; from?: number; to?: number; step?: number }
  | { kind: "filter"; left: Selector[]; operator?: Comparison; right?: Operand };

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
type Operand = { kind: "value"; value: unknown } | { kind: "path"; selectors: Selector[] };

export function parsePath(text: string, template: string): Selector[] {
  const selectors: Selector[] = [];
  let rest = text;
  while (rest !== "") {
    const next = nextSelector(rest, selectors.length === 0, template);
    selectors.push(...next.selectors);
    rest = rest.slice(next.length);
  }
  return selectors;
}

interface Taken {
  selectors: Selector[];
  length: number;
}

const NAME = String.raw`((?:[^.\[\]\s'"*$@\\]|\\.)+)`;

function nextSelector(text: string, first: boolean, template: string): Taken {
  if (first && text.startsWith("$")) return { selectors: [{ kind: "root" }], length: 1 };
  if (first && text.startsWith("@")) return { selectors: [], length: 1 };
  if (text.startsWith("[")) return bracket(text, template);
  const dotted = new RegExp(String.raw`^(\.\.?)${first ? "?" : ""}(?:${NAME}|(\*))`).exec(text);
  if (dotted !== null) {
    const descend: Selector[] = dotted[1] === ".." ? [{ kind: "descend" }] : [];
    const target: Selector =
      dotted[3] === "*" ? { kind: "all" } : { kind: "field", name: dotted[2]!.replace(/\\(.)/g, "$1") };
    return { selectors: [...descend, target], length: dotted[0].length };
  }
  if (text === ".") return { selectors: [], length: 1 };
  if (text.startsWith(".[")) return { selectors: [], length: 1 };
  throw usageProblem(
    `jsonpath: cannot read ${JSON.stringify(text)} in ${JSON.stringify(template)}`,
    "Grammar: https://kubernetes.io/docs/reference/kubectl/jsonpath/",
  );
}

function bracket(text: string, template: string): Taken {
  const end = closingBracket(text);
  if (end === -1) throw usageProblem(`jsonpath: "[" is not closed in ${JSON.stringify(template)}`);
  const inside = text.slice(1, end).trim();
  return { selectors: [insideBracket(inside, template)], length: end + 1 };
}

function insideBracket(inside: string, template: string): Selector {
  if (inside === "*") return { kind: "all" };
  const filter = /^\?\((.*)\)$/s.exec(inside);
  if (filter !== null) return filterOf(filter[1]!, template);
  const range = /^(-?\d+)?:(-?\d+)?(?::(\d+))?$/.exec(inside);
  if (range !== null) return { kind: "slice", ...numbers({ from: range[1], to: range[2], step: range[3] }) };
  if (/^-?\d+$/.test(inside)) return { kind: "index", at: Number(inside) };
  const names = [...inside.matchAll(/\s*(?:'([^']*)'|"([^"]*)")\s*(?:,|$)/g)];
  if (names.length > 0 && names.map((each) => each[0]).join("") === inside)
    return { kind: "union", paths: names.map((each) => parsePath(each[1] ?? each[2] ?? "", template)) };
  throw usageProblem(`jsonpath: cannot read "[${inside}]" in ${JSON.stringify(template)}`);
}

function numbers(values: Record<string, string | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, text]) => (text === undefined ? [] : [[key, Number(text)]])),
  );
}

function filterOf(text: string, template: string): Selector {
  const parts = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text.trim());
  if (parts === null) return { kind: "filter", left: parsePath(text.trim(), template) };
  const left = parsePath(parts[1]!, template);
  return { kind: "filter", left, operator: parts[2] as Comparison, right: operandOf(parts[3]!, template) };
}

function operandOf(text: string, template: string): Operand {
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(text);
  if (quoted !== null) return { kind: "value", value: quoted[1] ?? quoted[2] ?? "" };
  if (/^[@$.]/.test(text)) return { kind: "path", selectors: parsePath(text, template) };
  if (text === "true" || text === "false") return { kind: "value", value: text === "true" };
  if (text !== "" && !Number.isNaN(Number(text))) return { kind: "value", value: Number(text) };
  return { kind: "value", value: text };
}

/** Brackets inside of quotes and nested ones do not close it. */
function closingBracket(text: string): number {
  let depth = 0;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (quote !== "") quote = letter === quote ? "" : quote;
    else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === "[") depth++;
    else if (letter === "]" && --depth === 0) return i;
  }
  return -1;
}
