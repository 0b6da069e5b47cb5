// Turns an expression as Kubernetes' evaluator takes it into one for the evaluator here, where the two differ:
//   has(a[0].b)    is asked of a name: cel.bind(it, a[0], has(it.b)), since has() here follows plain fields only
//   a.matches(re)  goes to a function of ours, since patterns are RE2: (?i) and the like
//   a.all(i, v, t) goes to macros with one variable: two-variables.ts
// Only the text of such places changes; everything else, and what error messages quote, stays as it was written.

import { hasTwoVariables, MENTIONS_TWO_VARIABLES, withOneVariable } from "./two-variables.ts";

/** What the parser gives: an operator, and operands that are nodes, names or values. */
interface Node {
  op: string;
  args: unknown;
  start: number;
  end: number;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

export const MATCHES = "matchesRe2";
/** One name is enough: inner uses shadow outer ones only where those are done with. */
const BOUND = "__of_has__";

export function inOurDialect(expression: string, parse: (text: string) => unknown): string {
  if (!/\bhas\s*\(|\bmatches\s*\(/.test(expression) && !MENTIONS_TWO_VARIABLES.test(expression)) return expression;
  const edits: Edit[] = [];
  collect(expression, parse(expression) as Node, edits);
  return applied(expression, edits, { start: 0, end: expression.length });
}

/** A part of the source with its edits made. */
function applied(source: string, edits: Edit[], { start, end }: { start: number; end: number }): string {
  let [text, from] = ["", start];
  for (const edit of edits.sort((a, b) => a.start - b.start)) {
    text += source.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return text + source.slice(from, end);
}

function collect(source: string, node: Node, edits: Edit[]): void {
  const whole = wholeEdit(source, node) ?? twoVariablesEdit(source, node);
  if (whole !== undefined) {
    edits.push(whole);
    return;
  }
  if (node.op === "rcall") {
    const [name, receiver, [first]] = node.args as [string, Node, Node[]];
    if (name === "matches" && first !== undefined) edits.push(renamed(source, receiver.end, first.start));
  }
  for (const child of nodesIn(node.args)) collect(source, child, edits);
}

/** has() of something other than a plain chain of fields. */
function wholeEdit(source: string, node: Node): Edit | undefined {
  if (node.op !== "call") return undefined;
  const [name, [asked]] = node.args as [string, Node[]];
  if (name !== "has" || asked?.op !== ".") return undefined;
  const [owner, field] = asked.args as [Node, string];
  if (isChainOfFields(owner)) return undefined;
  const edits: Edit[] = [];
  collect(source, owner, edits);
  const text = `cel.bind(${BOUND}, ${applied(source, edits, owner)}, has(${BOUND}.${field}))`;
  return { start: node.start, end: node.end, text };
}

function twoVariablesEdit(source: string, node: Node): Edit | undefined {
  if (node.op !== "rcall") return undefined;
  const [name, receiver, args] = node.args as [string, Node, Node[]];
  const [first, second, ...bodies] = args;
  if (first?.op !== "id" || second?.op !== "id" || !hasTwoVariables(name, args.length)) return undefined;
  const edited = (part: { start: number; end: number }, within: Node) => {
    const edits: Edit[] = [];
    collect(source, within, edits);
    return applied(source, edits, part);
  };
  const dot = receiver.end + source.slice(receiver.end, first.start).lastIndexOf(".");
  const text = withOneVariable({
    name,
    receiver: edited({ start: node.start, end: dot }, receiver),
    variables: [first.args as string, second.args as string],
    bodies: bodies.map((body, index) =>
      edited(between(source, args, { index: index + 2, closing: node.end - 1 }), body),
    ),
  });
  return { start: node.start, end: node.end, text };
}

/** An argument with the parentheses around it, which are no part of its node: what stands between the commas. */
function between(source: string, args: Node[], { index, closing }: { index: number; closing: number }) {
  const commaAfter = (at: number) => args[at]!.end + source.slice(args[at]!.end).indexOf(",");
  return { start: commaAfter(index - 1) + 1, end: index === args.length - 1 ? closing : commaAfter(index) };
}

function renamed(source: string, from: number, to: number): Edit {
  const start = from + source.slice(from, to).lastIndexOf("matches");
  return { start, end: start + "matches".length, text: MATCHES };
}

function isChainOfFields({ op, args }: Node): boolean {
  if (op === "id") return true;
  return (op === "." || op === ".?") && isChainOfFields((args as [Node])[0]);
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return typeof value === "object" && value !== null && "op" in value ? [value as Node] : [];
}
