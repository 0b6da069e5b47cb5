// One entry of a VirtualService's `match` as conditions. What is decided by the place (gateway, port, source) is left to
// the assembly of a host's routes; what depends on the request becomes data for match.ts.

import { RE2JS } from "re2js";
import type { HttpMatch, StringMatch } from "../objects.ts";
import type { Condition, PathMatch, TextTest } from "../routing/conditions.ts";

/** Collects what is wrong with an object, by field. */
export type Complain = (field: string, message: string) => void;

export interface MatchTemplate {
  name: string;
  path: PathMatch;
  conditions: Condition[];
  /** Where the entry applies at all. */
  place: {
    port: number | undefined;
    gateways: readonly string[] | undefined;
    sourceLabels: Readonly<Record<string, string>> | undefined;
    sourceNamespace: string | undefined;
  };
}

export function compileMatch(match: HttpMatch, field: string, complain: Complain): MatchTemplate {
  const conditions: Condition[] = [
    ...mapped("header", match.headers, `${field}.headers`, complain),
    ...mapped("withoutHeader", match.withoutHeaders, `${field}.withoutHeaders`, complain),
    ...single("method", match.method, `${field}.method`, complain),
    ...single("authority", match.authority, `${field}.authority`, complain),
    ...single("scheme", match.scheme, `${field}.scheme`, complain),
    ...mapped("queryParam", match.queryParams, `${field}.queryParams`, complain),
  ];
  return {
    name: match.name ?? "",
    path: compilePath(match.uri, match.ignoreUriCase === true, `${field}.uri`, complain),
    conditions,
    place: {
      port: match.port === 0 ? undefined : match.port,
      gateways: match.gateways?.length === 0 ? undefined : match.gateways,
      sourceLabels: match.sourceLabels,
      sourceNamespace: match.sourceNamespace,
    },
  };
}

/** Envoy ignores case for exact and prefix only; a regular expression says `(?i)` itself. */
function compilePath(uri: StringMatch | undefined, ignoreCase: boolean, field: string, complain: Complain): PathMatch {
  if (uri === undefined) return { kind: "any" };
  const test = compileText(uri, field, complain);
  switch (test.kind) {
    case "present":
      return { kind: "any" };
    case "regex":
      return { kind: "regex", value: test.value, test: test.test, field: `${field}.regex` };
    case "exact":
    case "prefix": {
      if (test.kind === "prefix" && test.value === "/") return { kind: "any", field: `${field}.prefix` };
      const value = ignoreCase ? test.value.toLowerCase() : test.value;
      return { kind: test.kind, value, ignoreCase, field: `${field}.${test.kind}` };
    }
  }
}

function mapped(
  of: "header" | "withoutHeader" | "queryParam",
  tests: Record<string, StringMatch> | undefined,
  field: string,
  complain: Complain,
): Condition[] {
  const names = Object.keys(tests ?? {}).sort();
  return names.map((name) => {
    const path = `${field}[${JSON.stringify(name)}]`;
    const test = compileText(tests![name], path, complain);
    return { of, name: of === "queryParam" ? name : name.toLowerCase(), test, field: path };
  });
}

function single(
  of: "method" | "authority" | "scheme",
  match: StringMatch | undefined,
  field: string,
  complain: Complain,
): Condition[] {
  return match === undefined ? [] : [{ of, name: "", test: compileText(match, field, complain), field }];
}

/** An empty match means "present", as in istiod. */
export function compileText(match: StringMatch | null | undefined, field: string, complain: Complain): TextTest {
  const given = Object.entries(match ?? {}).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    complain(field, `${field} has ${given.map(([kind]) => kind).join(" and ")}: only one of them is allowed`);
  if (match?.exact !== undefined) return { kind: "exact", value: match.exact };
  if (match?.prefix !== undefined) return { kind: "prefix", value: match.prefix };
  if (match?.regex === undefined) return { kind: "present" };
  return compileRegex(match.regex, field, complain);
}

/** RE2 syntax, and the whole text must match, as in Envoy. */
function compileRegex(regex: string, field: string, complain: Complain): TextTest {
  try {
    const compiled = RE2JS.compile(regex);
    return { kind: "regex", value: regex, test: (text) => compiled.matches(text) };
  } catch (error) {
    complain(`${field}.regex`, `${field}.regex: ${JSON.stringify(regex)} is no RE2 expression (${messageOf(error)})`);
    return { kind: "present" };
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
