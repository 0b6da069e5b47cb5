// Differences that are known and wanted, as docs/reference/gateway.md lists them: at most ten, and none in how a request is routed.

import type { CaseRequest, UpstreamStep } from "./case.ts";
import type { Difference } from "./compare.ts";

export interface OnPurpose {
  id: string;
  reason: string;
  explains(difference: Difference, sent: CaseRequest): boolean;
}

const BODY_LENGTH = /^attempts\[\d\]\.headers\.(content-length|transfer-encoding)$/;

export const ON_PURPOSE: readonly OnPurpose[] = [
  {
    id: "unread-body",
    reason:
      "Envoy ends the connection when it answers by itself before a request's body has come; the gateway reads the body and keeps the connection",
    explains: ({ field, real, sandbox }, sent) =>
      bodyOf(sent) !== "" && field === "headers.connection" && String(real) === "close" && sandbox === undefined,
  },
  {
    id: "body-framing",
    reason:
      "how a request's body is delimited is between two neighbours: no body by content-length 0, chunked or neither; a body that has come whole when it is tried again by its length",
    explains: ({ field, real, sandbox }, sent) =>
      BODY_LENGTH.test(field) &&
      (bodyOf(sent) === ""
        ? !["GET", "HEAD"].includes(sent.method ?? "GET") && [real, sandbox].every(saysNoBody)
        : !field.startsWith("attempts[0]")),
  },
  {
    id: "expect",
    reason:
      "the gateway's HTTP client knows no expectations: the gateway itself asks for the body with 100, the upstream sees no Expect, and a 100 of its own accord is no answer",
    explains: ({ field, real }, { headers = [], upstream = [] }) =>
      upstream.some(says100) ||
      (headers.some(([name]) => name.toLowerCase() === "expect") &&
        (/^attempts\[\d\]\.(headers\.expect|body)$/.test(field) ||
          field === "headers.x-envoy-upstream-service-time" ||
          (field === "informed" && real === undefined))),
  },
  {
    id: "rewrite-to-no-path",
    reason:
      "a regex rewrite whose result does not begin with a slash: Envoy sends it, and servers refuse it; the gateway answers 503",
    explains: (_, { path }) => path?.startsWith("/rewritten-to-no-path") === true,
  },
];

function says100(step: UpstreamStep): boolean {
  return typeof step === "object" && step.informs?.some(([status]) => status === 100) === true;
}

function bodyOf({ body = "", pieces = [] }: CaseRequest): string {
  return body + pieces.join("");
}

function saysNoBody(values: unknown): boolean {
  return ["undefined", '["0"]', '["chunked"]'].includes(JSON.stringify(values) ?? "undefined");
}

/** The rule that explains it, or undefined: a bug. */
export function onPurpose(difference: Difference, sent: CaseRequest): OnPurpose | undefined {
  return ON_PURPOSE.find((rule) => rule.explains(difference, sent));
}
