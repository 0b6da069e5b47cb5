// Turns an expression as Kubernetes' evaluator takes it into one for the evaluator here, where the two differ:
//   has(a[0].b)    is asked of a name: cel.bind(it, a[0], has(it.b)), since has() here follows plain fields only
//   a.matches(re)  goes to a function of ours, since patterns are RE2: (?i) and the like
// Only the text of such places changes; everything else, and what error messages quote, stays as it was written.

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
  if (!/\bhas\s*\(|\bmatches\s*\(/.test(expression)) return expression;
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
  const whole = wholeEdit(source, node);
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
