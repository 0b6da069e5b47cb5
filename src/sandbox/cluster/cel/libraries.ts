// Kubernetes' own CEL libraries, as far as published definitions use them: url, ip, format, regex, lists, sets and strings.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cel-libraries

import type { Environment } from "@marcbachmann/cel-js";
import { type Json, sameJson } from "../json.ts";
import { isDns1035Label, isDnsLabel, isLabelValue, isQualifiedName, isSubdomain, type NameCheck } from "../names.ts";
import { formatProblem } from "../schema/formats.ts";
import { compilePattern, compileSearch } from "../schema/pattern.ts";
import { addAddresses } from "./addresses.ts";
import { MATCHES } from "./dialect.ts";
import { addQuantities } from "./quantity.ts";
import { addSemver } from "./semver.ts";
import { addStrings } from "./strings.ts";
import { addPairs } from "./two-variables.ts";

/** Of the evaluator's Optional. */
interface OptionalValues {
  of(value: unknown): unknown;
  none(): unknown;
}

export function addLibraries(environment: Environment, optional: OptionalValues): Environment {
  for (const add of [
    addUrls,
    addAddresses,
    addRegex,
    addLists,
    addSets,
    addStrings,
    addQuantities,
    addSemver,
    addPairs,
  ])
    add(environment);
  addFormats(environment, optional);
  environment.registerFunction("OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>", (_: unknown, value: unknown) =>
    isZero(value) ? optional.none() : optional.of(value),
  );
  return environment;
}

function isZero(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  return Object.getPrototypeOf(value) === Object.prototype
    ? Object.keys(value).length === 0
    : "length" in value && value.length === 0;
}

/** A URL as CEL's library knows it. */
class CelUrl {
  readonly url: URL;

  constructor(text: string) {
    this.url = new URL(text);
  }
}

function addUrls(environment: Environment): void {
  environment
    .registerType("Url", { ctor: CelUrl, fields: {} })
    .registerFunction("isURL(string): bool", (text: string) => URL.canParse(text))
    .registerFunction("url(string): Url", (text: string) => new CelUrl(text))
    .registerFunction("Url.getScheme(): string", ({ url }: CelUrl) => url.protocol.slice(0, -1))
    .registerFunction("Url.getHost(): string", ({ url }: CelUrl) => url.host)
    .registerFunction("Url.getHostname(): string", ({ url }: CelUrl) => url.hostname)
    .registerFunction("Url.getPort(): string", ({ url }: CelUrl) => url.port)
    .registerFunction("Url.getEscapedPath(): string", ({ url }: CelUrl) => url.pathname)
    .registerFunction("Url.getQuery(): map<string, list<string>>", ({ url }: CelUrl) => queryOf(url));
}

function queryOf({ searchParams }: URL): Record<string, string[]> {
  return Object.fromEntries([...new Set(searchParams.keys())].map((key) => [key, searchParams.getAll(key)]));
}

function addRegex(environment: Environment): void {
  environment
    .registerFunction(`string.${MATCHES}(string): bool`, (text: string, pattern: string) =>
      compilePattern(pattern)(text),
    )
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => compileSearch(pattern)(text)[0] ?? "",
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) =>
      compileSearch(pattern)(text),
    )
    .registerFunction("string.findAll(string, int): list<string>", (text: string, pattern: string, limit: bigint) => {
      const found = compileSearch(pattern)(text);
      return limit < 0n ? found : found.slice(0, Number(limit));
    });
}

function addLists(environment: Environment): void {
  environment
    .registerFunction("list.sum(): dyn", (list: unknown[]) => sum(list))
    .registerFunction("list.min(): dyn", (list: string[]) => extreme(list, (a, b) => a < b))
    .registerFunction("list.max(): dyn", (list: string[]) => extreme(list, (a, b) => a > b))
    .registerFunction("list.isSorted(): bool", (list: string[]) =>
      list.every((item, i) => i === 0 || list[i - 1]! <= item),
    )
    .registerFunction("list.indexOf(dyn): int", (list: Json[], item: Json) =>
      BigInt(list.findIndex((each) => same(each, item))),
    )
    .registerFunction("list.lastIndexOf(dyn): int", (list: Json[], item: Json) =>
      BigInt(list.findLastIndex((each) => same(each, item))),
    );
}

function sum(list: unknown[]): unknown {
  return list.reduce<bigint | number>(
    (total, item) =>
      typeof total === "bigint" && typeof item === "bigint" ? total + item : Number(total) + Number(item),
    0n,
  );
}

function extreme(list: string[], isBetter: (a: string, b: string) => boolean): string {
  if (list.length === 0) throw new Error("min/max called on empty list");
  return list.reduce((best, item) => (isBetter(item, best) ? item : best));
}

const same = (a: Json, b: Json): boolean => a === b || sameJson(a, b);

/** What `sets` stands for in `sets.contains(...)`: lists whose order and repetitions mean nothing. */
class SetsNamespace {
  readonly name = "sets";
}

function addSets(environment: Environment): void {
  const contains = (list: Json[], item: Json) => list.some((each) => same(each, item));
  const containsAll = (list: Json[], items: Json[]) => items.every((item) => contains(list, item));
  environment
    .registerType("SetsNamespace", { ctor: SetsNamespace, fields: {} })
    .registerConstant("sets", "SetsNamespace", new SetsNamespace())
    .registerFunction("SetsNamespace.contains(list, list): bool", (_: unknown, a: Json[], b: Json[]) =>
      containsAll(a, b),
    )
    .registerFunction(
      "SetsNamespace.equivalent(list, list): bool",
      (_: unknown, a: Json[], b: Json[]) => containsAll(a, b) && containsAll(b, a),
    )
    .registerFunction("SetsNamespace.intersects(list, list): bool", (_: unknown, a: Json[], b: Json[]) =>
      b.some((item) => contains(a, item)),
    );
}

class CelFormat {
  readonly check: NameCheck;

  constructor(check: NameCheck) {
    this.check = check;
  }
}

const FORMATS: Record<string, NameCheck> = {
  dns1123Label: isDnsLabel,
  dns1123Subdomain: isSubdomain,
  dns1035Label: isDns1035Label,
  qualifiedName: isQualifiedName,
  labelValue: isLabelValue,
  uri: (text) => (URL.canParse(text) ? [] : ["invalid URL"]),
  dns1123LabelPrefix: prefixOf(isDnsLabel),
  dns1123SubdomainPrefix: prefixOf(isSubdomain),
  dns1035LabelPrefix: prefixOf(isDns1035Label),
  byte: (text) => (formatProblem("byte", text) === undefined ? [] : ["invalid base64"]),
  date: (text) => (formatProblem("date", text) === undefined ? [] : ["invalid date"]),
  datetime: (text) => (formatProblem("date-time", text) === undefined ? [] : ["invalid datetime"]),
  uuid: (text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? [] : ["does not match the UUID format"]),
};

/** For what is only the beginning of a name, such as generateName: it may end with a dash. */
function prefixOf(check: NameCheck): NameCheck {
  return (text) => check(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text);
}

/** What `format` stands for. */
class FormatNamespace {
  readonly checks = FORMATS;
}

/** `format.NAME().validate(text)`: what is wrong, or none. */
function addFormats(environment: Environment, optional: OptionalValues): void {
  const formats = new FormatNamespace();
  environment
    .registerType("Format", { ctor: CelFormat, fields: {} })
    .registerType("FormatNamespace", { ctor: FormatNamespace, fields: {} })
    .registerConstant("format", "FormatNamespace", formats);
  for (const [name, check] of Object.entries(formats.checks))
    environment.registerFunction(`FormatNamespace.${name}(): Format`, () => new CelFormat(check));
  environment.registerFunction("FormatNamespace.named(string): optional<Format>", (_: unknown, name: string) => {
    const check = Object.hasOwn(formats.checks, name) ? formats.checks[name] : undefined;
    return check === undefined ? optional.none() : optional.of(new CelFormat(check));
  });
  environment.registerFunction(
    "Format.validate(string): optional<list<string>>",
    ({ check }: CelFormat, text: string) => {
      const wrong = check(text);
      return wrong.length === 0 ? optional.none() : optional.of(wrong);
    },
  );
  // Values of different types differ; a Gateway API definition compares the two so.
  environment.registerOperator("optional<list<string>> == null", () => false);
}
