// Kubernetes' own CEL libraries, as far as published definitions use them: url, ip, format, regex, lists, sets and strings.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cel-libraries

import { isIP } from "node:net";
import type { Environment } from "@marcbachmann/cel-js";
import { type Json, sameJson } from "../json.ts";
import { isDns1035Label, isDnsLabel, isLabelValue, isQualifiedName, isSubdomain, type NameCheck } from "../names.ts";
import { compilePattern, compileSearch } from "../schema/pattern.ts";
import { MATCHES } from "./dialect.ts";

/** Of the evaluator's Optional. */
interface OptionalValues {
  of(value: unknown): unknown;
  none(): unknown;
}

export function addLibraries(environment: Environment, optional: OptionalValues): Environment {
  for (const add of [addUrls, addAddresses, addRegex, addLists, addStrings]) add(environment);
  addFormats(environment, optional);
  return environment;
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
    .registerFunction("Url.getEscapedPath(): string", ({ url }: CelUrl) => url.pathname);
}

class CelAddress {
  readonly family: bigint;

  constructor(text: string) {
    if (!isAddress(text))
      throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
    this.family = BigInt(isIP(text));
  }
}

function addAddresses(environment: Environment): void {
  environment
    .registerType("IP", { ctor: CelAddress, fields: {} })
    .registerFunction("isIP(string): bool", isAddress)
    .registerFunction("ip(string): IP", (text: string) => new CelAddress(text))
    .registerFunction("IP.family(): int", ({ family }: CelAddress) => family)
    .registerFunction("isCIDR(string): bool", isCidr);
}

/** Zones and IPv4 addresses in IPv6 clothes are none. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%") && !/^::ffff:\d+\./i.test(text);
}

function isCidr(text: string): boolean {
  const [, address = "", bits = ""] = /^([^/]+)\/(\d|[1-9]\d{1,2})$/.exec(text) ?? [];
  return isAddress(address) && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
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
    );
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

function addStrings(environment: Environment): void {
  environment
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerFunction("string.charAt(int): string", (text: string, index: bigint) => text.charAt(Number(index)));
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
  uuid: (text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? [] : ["does not match the UUID format"]),
};

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
