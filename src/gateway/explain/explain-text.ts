// The sentences of an explanation.

import type { Condition, PathMatch, TextTest } from "../routing/conditions.ts";
import type { RequestView } from "../routing/match.ts";
import { queryParam } from "../routing/match.ts";
import type { Route } from "../routing/table.ts";

/** "VirtualService default/echo spec.http[0].match[1] (canary)". */
export function routeText({ source, name }: Pick<Route, "source" | "name">): string {
  if (source.kind !== undefined) return ruleText(source);
  const match = source.match === undefined ? "" : `.match[${source.match}]`;
  const delegate = source.delegate === undefined ? "" : ` with its delegate ${source.delegate}`;
  return `VirtualService ${source.namespace}/${source.name} http[${source.http}]${delegate}${match}${name === "" ? "" : ` (${name})`}`;
}

/** "HTTPRoute default/echo rules[0].matches[1]". */
function ruleText({ kind, namespace, name, http, match }: Route["source"]): string {
  return `${kind} ${namespace}/${name} rules[${http}]${match === undefined ? "" : `.matches[${match}]`}`;
}

export function mismatchText(failed: PathMatch | Condition, request: RequestView): string {
  if ("of" in failed) return conditionText(failed, request);
  if (failed.kind === "any") return "any path matches";
  const path = "ignoreCase" in failed && failed.ignoreCase ? `${request.path} (case ignored)` : request.path;
  return `path ${path} ${FAILS[failed.kind]} ${JSON.stringify(failed.value)}`;
}

const FAILS = {
  exact: "is not",
  prefix: "does not start with",
  elements: "does not start with the path elements",
  regex: "does not fully match the regex",
} as const;
const HOLDS = { exact: "is", prefix: "starts with", regex: "fully matches the regex" } as const;

function conditionText({ of, name, test }: Condition, request: RequestView): string {
  switch (of) {
    case "method":
      return `method ${request.method} ${testText(test)}`;
    case "authority":
      return `authority ${request.authority} ${testText(test)}`;
    case "scheme":
      return `scheme ${request.scheme} ${testText(test)}`;
    case "header":
      return valueText(`header ${name}`, request.header(name)?.join(","), test);
    case "queryParam":
      return valueText(`query parameter ${name}`, queryParam(request.query, name), test);
    case "withoutHeader":
      return test.kind === "present"
        ? `header ${name} is present`
        : `header ${name} ${HOLDS[test.kind]} ${JSON.stringify(test.value)}, which withoutHeaders excludes`;
  }
}

function valueText(what: string, value: string | undefined, test: TextTest): string {
  return value === undefined ? `${what} is absent` : `${what} ${JSON.stringify(value)} ${testText(test)}`;
}

function testText(test: TextTest): string {
  return test.kind === "present" ? "is absent" : `${FAILS[test.kind]} ${JSON.stringify(test.value)}`;
}
