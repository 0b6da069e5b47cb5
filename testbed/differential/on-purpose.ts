// Differences that are known and wanted, as docs/reference/gateway.md lists them: at most ten, and none in how a request is routed.

import type { CaseRequest } from "./case.ts";
import type { Difference } from "./compare.ts";

export interface OnPurpose {
  id: string;
  reason: string;
  explains(difference: Difference, sent: CaseRequest): boolean;
}

const GRPC_ANSWER =
  /^(status|body|headers\.(content-length|content-type|grpc-message|grpc-status|connection|x-envoy-.*))(\[0\])?$/;

export const ON_PURPOSE: readonly OnPurpose[] = [
  {
    id: "unread-body",
    reason:
      "Envoy ends the connection when it answers by itself before a request's body has come; the gateway reads the body and keeps the connection",
    explains: ({ field, real, sandbox }, { body }) =>
      body !== undefined && field === "headers.connection" && String(real) === "close" && sandbox === undefined,
  },
  {
    id: "grpc",
    reason: "gRPC is not built yet: the gateway's own answers to a gRPC client are plain HTTP",
    explains: ({ field }, { headers = [] }) =>
      headers.some(([name, value]) => name === "content-type" && value.startsWith("application/grpc")) &&
      GRPC_ANSWER.test(field),
  },
  {
    id: "empty-body-framing",
    reason:
      "a request without a body reaches the upstream with content-length 0, chunked or with neither, as each HTTP client writes it; all mean no body",
    explains: ({ field, real, sandbox }, { method = "GET", body = "" }) =>
      body === "" &&
      !["GET", "HEAD"].includes(method) &&
      /^attempts\[\d\]\.headers\.(content-length|transfer-encoding)$/.test(field) &&
      [real, sandbox].every((each) =>
        ["undefined", '["0"]', '["chunked"]'].includes(JSON.stringify(each) ?? "undefined"),
      ),
  },
  {
    id: "rewrite-to-no-path",
    reason:
      "a regex rewrite whose result does not begin with a slash: Envoy sends it, and servers refuse it; the gateway answers 503",
    explains: (_, { path }) => path?.startsWith("/rewritten-to-no-path") === true,
  },
];

/** The rule that explains it, or undefined: a bug. */
export function onPurpose(difference: Difference, sent: CaseRequest): OnPurpose | undefined {
  return ON_PURPOSE.find((rule) => rule.explains(difference, sent));
}
