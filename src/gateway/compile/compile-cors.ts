// A route's corsPolicy, checked as istiod 1.31 does (pkg/config/validation, validateCORSPolicy). Without allowOrigins no origin is
// allowed; `allowOrigin` is the old spelling of exact ones.

import type { HttpCors, StringMatch } from "../objects.ts";
import type { Cors } from "../routing/table.ts";
import { compileDuration } from "./compile-duration.ts";
import { type Complain, compileText } from "./compile-match.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];
const HEADER_NAME = /^(\*|[-_A-Za-z0-9]+)$/;

export function compileCors(policy: HttpCors, field: string, complain: Complain): Cors {
  const { allowOrigins, allowOrigin = [], allowMethods = [], allowHeaders = [], exposeHeaders = [] } = policy;
  const origins = (allowOrigins ?? allowOrigin.map((exact): StringMatch => ({ exact }))).map((match, i) => {
    const path = `${field}.allowOrigins[${i}]`;
    const test = compileText(match, path, complain);
    if (!(match.exact || match.prefix || match.regex))
      complain(path, `${path} needs a non-empty exact, prefix or regex`);
    return test;
  });
  allowMethods.forEach((method, i) => {
    if (!METHODS.includes(method))
      complain(
        `${field}.allowMethods[${i}]`,
        `${field}.allowMethods[${i}]: ${method} is not one of ${METHODS.join(", ")}`,
      );
  });
  checkNames(allowHeaders, `${field}.allowHeaders`, complain);
  checkNames(exposeHeaders, `${field}.exposeHeaders`, complain);
  return {
    origins,
    credentials: policy.allowCredentials === true,
    methods: allowMethods.join(","),
    headers: allowHeaders.join(","),
    expose: exposeHeaders.join(","),
    maxAge: compileMaxAge(policy.maxAge, `${field}.maxAge`, complain),
    forwardUnmatched: policy.unmatchedPreflights !== "IGNORE",
  };
}

function checkNames(names: readonly string[], field: string, complain: Complain): void {
  names.forEach((name, i) => {
    if (!HEADER_NAME.test(name))
      complain(`${field}[${i}]`, `${field}[${i}]: ${JSON.stringify(name)} is no header name`);
  });
}

function compileMaxAge(text: string | undefined, field: string, complain: Complain): string {
  const ms = compileDuration(text, field, complain);
  if (ms === undefined) return "";
  if (ms < 1 || ms % 1_000 !== 0) complain(field, `${field}: ${text} is not a whole number of seconds above zero`);
  return String(ms / 1_000);
}
