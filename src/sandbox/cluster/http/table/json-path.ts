// The JSONPath dialect of CRD printer columns: fields, `['x']`, indices, `[*]`, slices, recursive descent and filters like
// `[?(@.type=="Ready")]`. Grammar: https://kubernetes.io/docs/reference/kubectl/jsonpath/ (without `range` and text).

type Step =
  | { step: "field"; name: string }
  | { step: "every" }
  | { step: "index"; index: number }
  | { step: "slice"; from: number | undefined; to: number | undefined }
  | { step: "filter"; filter: Filter }
  | { step: "descend" };

interface Filter {
  path: Step[];
  /** Absent: the path must exist. */
  test?: { operator: Operator; value: unknown };
}

type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";

export interface JsonPath {
  /** Everything the path leads to, in order. */
  find(root: unknown): unknown[];
}

/** Undefined when the text is not a path of this dialect. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps = parseSteps(
    text
      .trim()
      .replace(/^\{(.*)\}$/, "$1")
      .replace(/^\$/, ""),
  );
  return steps === undefined ? undefined : { find: (root) => follow([root], steps) };
}

const FIELD = /^\.?((?:[^.[\]\\\s]|\\.)+)/;
const BRACKET = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\*)|(-?\d+)|(-?\d*):(-?\d*)|\?\((.+?)\))\]/;

function parseSteps(text: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = text;
  while (rest !== "" && rest !== ".") {
    if (rest.startsWith("..")) {
      steps.push({ step: "descend" });
      rest = rest.slice(rest[2] === "[" ? 2 : 1);
      continue;
    }
    const bracket = BRACKET.exec(rest.replace(/^\.\[/, "["));
    if (bracket !== null) {
      const step = bracketStep(bracket);
      if (step === undefined) return undefined;
      steps.push(step);
      rest = rest.replace(/^\.\[/, "[").slice(bracket[0].length);
      continue;
    }
    const field = FIELD.exec(rest);
    if (field === null) return undefined;
    steps.push(field[1] === "*" ? { step: "every" } : { step: "field", name: unescape(field[1]!) });
    rest = rest.slice(field[0].length);
  }
  return steps;
}

function bracketStep([, single, double, star, index, from, to, filter]: RegExpExecArray): Step | undefined {
  const name = single ?? double;
  if (name !== undefined) return { step: "field", name: unescape(name) };
  if (star !== undefined) return { step: "every" };
  if (index !== undefined) return { step: "index", index: Number(index) };
  if (filter !== undefined) {
    const parsed = parseFilter(filter);
    return parsed === undefined ? undefined : { step: "filter", filter: parsed };
  }
  return { step: "slice", from: bound(from), to: bound(to) };
}

function parseFilter(text: string): Filter | undefined {
  const [, left, operator, right] = /^\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/.exec(text) ?? [];
  const path = left === undefined ? undefined : parseSteps(left);
  if (path === undefined) return undefined;
  if (operator === undefined || right === undefined) return { path };
  const value = literal(right);
  return value === undefined ? undefined : { path, test: { operator: operator as Operator, value } };
}

function literal(text: string): unknown {
  const quoted = /^'(.*)'$|^"(.*)"$/.exec(text);
  if (quoted !== null) return unescape(quoted[1] ?? quoted[2] ?? "");
  if (text === "true" || text === "false") return text === "true";
  return text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
}

const unescape = (text: string): string => text.replace(/\\(.)/g, "$1");
const bound = (text: string | undefined): number | undefined =>
  text === undefined || text === "" ? undefined : Number(text);

function follow(values: unknown[], steps: Step[]): unknown[] {
  return steps.reduce((found, step) => found.flatMap((value) => take(value, step)), values);
}

function take(value: unknown, step: Step): unknown[] {
  switch (step.step) {
    case "field":
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case "every":
      return children(value);
    case "index": {
      const index = Array.isArray(value) && step.index < 0 ? value.length + step.index : step.index;
      return Array.isArray(value) && index >= 0 && index < value.length ? [value[index]] : [];
    }
    case "slice":
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case "filter":
      return children(value).filter((child) => passes(child, step.filter));
    case "descend":
      return [value, ...children(value).flatMap((child) => take(child, step))];
  }
}

function passes(value: unknown, { path, test }: Filter): boolean {
  const found = follow([value], path);
  if (test === undefined) return found.length > 0;
  const left = found[0];
  if (test.operator === "==") return left === test.value;
  if (test.operator === "!=") return left !== test.value;
  return ordered(left, test.value, test.operator);
}

function ordered(left: unknown, right: unknown, operator: Operator): boolean {
  if (typeof left === "number" && typeof right === "number") return compare(left, right, operator);
  if (typeof left === "string" && typeof right === "string") return compare(left, right, operator);
  return false;
}

function compare<T extends number | string>(left: T, right: T, operator: Operator): boolean {
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
