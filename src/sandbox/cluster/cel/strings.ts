// Strings in CEL, beyond the language: replace with a limit, format and quote.
// https://pkg.go.dev/github.com/google/cel-go/ext#Strings

import type { Environment } from "@marcbachmann/cel-js";

/** What `strings` stands for in `strings.quote(...)`. */
class StringsNamespace {
  readonly name = "strings";
}

export function addStrings(environment: Environment): void {
  environment
    .registerType("StringsNamespace", { ctor: StringsNamespace, fields: {} })
    .registerConstant("strings", "StringsNamespace", new StringsNamespace())
    .registerFunction("StringsNamespace.quote(string): string", (_: unknown, text: string) => quoted(text))
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction("string.replace(string, string, int): string", replaceFirst)
    .registerFunction("string.charAt(int): string", (text: string, index: bigint) => text.charAt(Number(index)))
    .registerFunction("string.format(list<dyn>): string", formatted);
}

/** As often as `limit` says; below zero, everywhere. */
function replaceFirst(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  let left = limit;
  return text.replaceAll(from, () => (left-- > 0n ? to : from));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control signs are what is escaped
  return `"${text.replaceAll(/[\u0007\b\f\n\r\t\v\\"]/g, (sign) => ESCAPES[sign]!)}"`;
}

function formatted(pattern: string, values: unknown[]): string {
  let used = 0;
  const text = pattern.replaceAll(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (clause, precision: string | undefined, verb?: string) => {
      if (verb === undefined) return "%";
      if (used >= values.length) throw new Error(`index ${used} out of range`);
      const value = values[used++];
      return VERBS[verb]?.(value, precision === undefined ? 6 : Number(precision)) ?? unformattable(clause);
    },
  );
  return text;
}

function unformattable(clause: string): never {
  throw new Error(`could not parse formatting clause: ${clause} cannot be used here`);
}

type Verb = (value: unknown, precision: number) => string | undefined;

const VERBS: Readonly<Record<string, Verb>> = {
  s: shown,
  d: (value) => (isWhole(value) ? value.toString() : undefined),
  f: (value, precision) => (typeof value === "number" ? value.toFixed(precision) : undefined),
  e: (value) => (typeof value === "number" ? scientific(value) : undefined),
  b: (value) => (typeof value === "boolean" ? String(Number(value)) : based(2)(value)),
  o: based(8),
  x: hex,
  X: (value) => hex(value)?.toUpperCase(),
};

function based(radix: number): (value: unknown) => string | undefined {
  return (value) => (isWhole(value) ? value.toString(radix) : undefined);
}

const isWhole = (value: unknown): value is bigint => typeof value === "bigint";

function hex(value: unknown): string | undefined {
  if (isWhole(value)) return value.toString(16);
  if (typeof value === "string") return Buffer.from(value, "utf8").toString("hex");
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : undefined;
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** As golang.org/x/text writes English, and with six digits whatever the clause asks for: so does a real API server. */
function scientific(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toExponential(6).split("e");
  const digits = exponent.slice(1).padStart(2, "0");
  const raised = digits.replaceAll(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!);
  return `${mantissa}×10${exponent.startsWith("-") ? "⁻" : ""}${raised}`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, "Z");
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (Array.isArray(value)) return `[${value.map(shownInside).join(", ")}]`;
  if (!(value instanceof Map) && !isPlain(value)) return String(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries
    .map(([key, each]) => `${shownInside(key)}:${shownInside(each)}`)
    .toSorted()
    .join(", ")}}`;
}

/** In lists and maps, values are shown as they would be written. */
function shownInside(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return value.toFixed(6);
  if (value instanceof Uint8Array) return `b${quoted(shown(value))}`;
  return value instanceof Date ? `timestamp(${quoted(shown(value))})` : shown(value);
}

function isPlain(value: unknown): value is object {
  return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}
