// The CEL that CustomResourceDefinitions may use: the language, and of Kubernetes' own libraries what published definitions need.
// https://kubernetes.io/docs/reference/using-api/cel/ The evaluator is loaded when the first rule runs.

import { createRequire } from "node:module";
import type { Environment as CelEnvironment } from "@marcbachmann/cel-js";

const load = createRequire(import.meta.url);

export type Program = (variables: { self: unknown; oldSelf?: unknown }) => unknown;

let environment: CelEnvironment | undefined;
const programs = new Map<string, Program>();

/** Throws when the expression is not well-formed or uses a function that is not there. */
export function programOf(expression: string): Program {
  let program = programs.get(expression);
  if (program === undefined) {
    environment ??= createEnvironment();
    const checked = environment.check(expression);
    if (!checked.valid) throw checked.error ?? new Error("not valid");
    program = environment.parse(expression) as unknown as Program;
    programs.set(expression, program);
  }
  return program;
}

/** A URL as CEL's library knows it. */
class CelUrl {
  readonly url: URL;

  constructor(text: string) {
    this.url = new URL(text);
  }
}

function createEnvironment(): CelEnvironment {
  const { Environment } = load("@marcbachmann/cel-js") as { Environment: typeof CelEnvironment };
  return new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false })
    .registerVariable("self", "dyn")
    .registerVariable("oldSelf", "dyn")
    .registerType("Url", { ctor: CelUrl, fields: {} })
    .registerFunction("isURL(string): bool", (text: string) => isUrl(text))
    .registerFunction("url(string): Url", (text: string) => new CelUrl(text))
    .registerFunction("Url.getScheme(): string", ({ url }: CelUrl) => url.protocol.slice(0, -1))
    .registerFunction("Url.getHost(): string", ({ url }: CelUrl) => url.host)
    .registerFunction("Url.getHostname(): string", ({ url }: CelUrl) => url.hostname)
    .registerFunction("Url.getPort(): string", ({ url }: CelUrl) => url.port)
    .registerFunction("Url.getEscapedPath(): string", ({ url }: CelUrl) => url.pathname)
    .registerFunction("list.sum(): dyn", (list: unknown[]) => sum(list))
    .registerFunction("list.isSorted(): bool", (list: string[]) =>
      list.every((item, i) => i === 0 || list[i - 1]! <= item),
    )
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    );
}

function isUrl(text: string): boolean {
  return URL.canParse(text);
}

function sum(list: unknown[]): unknown {
  return list.reduce<bigint | number>(
    (total, item) =>
      typeof total === "bigint" && typeof item === "bigint" ? total + item : Number(total) + Number(item),
    0n,
  );
}
