// kubectl's JSONPath templates: text with {expressions}, ranges, filters, slices.
// Grammar: https://kubernetes.io/docs/reference/kubectl/jsonpath/

import { EXIT } from "../exit-codes.ts";
import { Problem, usageProblem } from "../problems.ts";
import { parsePath, type Selector } from "./json-path-selectors.ts";

export type PathNode =
  | { kind: "text"; text: string }
  | { kind: "path"; selectors: Selector[] }
  | { kind: "range"; selectors: Selector[]; body: PathNode[] };

/** Throws a usage Problem that says where the template goes wrong. */
export function parseJsonPath(template: string): PathNode[] {
  const stack: { nodes: PathNode[]; range?: Selector[] }[] = [{ nodes: [] }];
  for (const piece of pieces(template)) {
    const top = stack.at(-1)!;
    if (piece.literal) top.nodes.push({ kind: "text", text: piece.text });
    else if (piece.text === "end") closeRange(stack, template);
    else if (/^range\s/.test(piece.text))
      stack.push({ nodes: [], range: parsePath(piece.text.slice(6).trim(), template) });
    else top.nodes.push(...expression(piece.text, template));
  }
  if (stack.length > 1) throw usageProblem(`jsonpath: {range …} without {end} in ${JSON.stringify(template)}`);
  return stack[0]!.nodes;
}

/** What the template prints for the value; several results of one expression are joined by `separator`. */
export function evaluateJsonPath(nodes: PathNode[], root: unknown, separator = " "): string {
  return print(nodes, root, root, separator);
}

function print(nodes: PathNode[], root: unknown, current: unknown, separator: string): string {
  return nodes
    .map((node) => {
      if (node.kind === "text") return node.text;
      const found = select(node.selectors, root, current);
      if (node.kind === "range") return found.map((item) => print(node.body, root, item, separator)).join("");
      return found.map(textOf).join(separator);
    })
    .join("");
}

function closeRange(stack: { nodes: PathNode[]; range?: Selector[] }[], template: string): void {
  const { nodes, range } = stack.pop()!;
  if (range === undefined || stack.length === 0)
    throw usageProblem(`jsonpath: {end} without {range …} in ${JSON.stringify(template)}`);
  stack.at(-1)!.nodes.push({ kind: "range", selectors: range, body: nodes });
}

/** `{.a}`, `{"\n"}`, or several of them with blanks between. */
function expression(text: string, template: string): PathNode[] {
  const quoted = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*/.exec(text);
  if (quoted !== null) {
    const node: PathNode = { kind: "text", text: unescape(quoted[1] ?? quoted[2] ?? "") };
    const rest = text.slice(quoted[0].length);
    return rest === "" ? [node] : [node, ...expression(rest, template)];
  }
  return [{ kind: "path", selectors: parsePath(text, template) }];
}

function unescape(text: string): string {
  const named: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
  return text.replace(/\\(.)/g, (_, letter: string) => named[letter] ?? letter);
}

/** Text outside of braces is literal; braces inside of quotes do not count. */
function pieces(template: string): { literal: boolean; text: string }[] {
  const found: { literal: boolean; text: string }[] = [];
  let rest = template;
  while (rest !== "") {
    const open = rest.indexOf("{");
    if (open === -1) return [...found, { literal: true, text: rest }];
    if (open > 0) found.push({ literal: true, text: rest.slice(0, open) });
    const inside = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'}])*/.exec(rest.slice(open + 1))![0];
    if (rest[open + 1 + inside.length] !== "}")
      throw usageProblem(
        `jsonpath: "{" at character ${template.length - rest.length + open + 1} is not closed in ${JSON.stringify(template)}`,
      );
    found.push({ literal: false, text: inside.trim() });
    rest = rest.slice(open + inside.length + 2);
  }
  return found;
}

function select(selectors: Selector[], root: unknown, current: unknown): unknown[] {
  let values = [current];
  for (const selector of selectors) values = values.flatMap((value) => step(selector, root, value));
  return values;
}

function step(selector: Selector, root: unknown, value: unknown): unknown[] {
  switch (selector.kind) {
    case "root":
      return [root];
    case "field":
      return fieldOf(value, selector.name);
    case "union":
      return selector.paths.flatMap((path) => select(path, root, value));
    case "index":
      return Array.isArray(value) ? [itemOf(value, selector.at)] : [];
    case "all":
      return childrenOf(value);
    case "descend":
      return descend(value);
    case "slice":
      return Array.isArray(value) ? slice(value, selector) : [];
    case "filter":
      return childrenOf(value).filter((item) => matches(selector, root, item));
  }
}

function fieldOf(value: unknown, name: string): unknown[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : [];
}

/** As kubectl has it, a missing field is nothing, but a missing item is an error. */
function itemOf(list: unknown[], at: number): unknown {
  const index = at < 0 ? list.length + at : at;
  if (index < 0 || index >= list.length)
    throw new Problem(`jsonpath: there is no item ${at} in a list of ${list.length}`, EXIT.failed);
  return list[index];
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function descend(value: unknown): unknown[] {
  return [value, ...childrenOf(value).flatMap(descend)];
}

function slice(list: unknown[], { from, to, step: by }: { from?: number; to?: number; step?: number }): unknown[] {
  const picked = list.slice(from ?? 0, to ?? list.length);
  return by === undefined || by <= 1 ? picked : picked.filter((_, i) => i % by === 0);
}

function matches(filter: Extract<Selector, { kind: "filter" }>, root: unknown, item: unknown): boolean {
  const left = select(filter.left, root, item)[0];
  if (filter.operator === undefined) return left !== undefined;
  const right = filter.right!.kind === "value" ? filter.right!.value : select(filter.right!.selectors, root, item)[0];
  if (left === undefined) return false;
  return COMPARE[filter.operator](left, right);
}

const COMPARE: Record<"==" | "!=" | "<" | "<=" | ">" | ">=", (a: unknown, b: unknown) => boolean> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => order(a, b) < 0,
  "<=": (a, b) => order(a, b) <= 0,
  ">": (a, b) => order(a, b) > 0,
  ">=": (a, b) => order(a, b) >= 0,
};

/** Numbers with numbers, texts with texts; NaN for what has no order. */
function order(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  return Number.NaN;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}
