// A failed answer as a ClusterError: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/

import { ClusterError, type ClusterErrorReason, type StatusCause } from "../../ports/cluster.ts";

/** The API's Status object, as far as it is read. */
export interface ApiStatus {
  kind: "Status";
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: { causes?: StatusCause[] | null; retryAfterSeconds?: number };
}

export function errorOfResponse(httpCode: number, body: string): ClusterError {
  return errorOfStatus(parseStatus(body) ?? { kind: "Status", code: httpCode, message: plainMessage(httpCode, body) });
}

/** Also for ERROR events of a watch. */
export function errorOfStatus(status: ApiStatus): ClusterError {
  const reason = reasonOf(status);
  const causes = status.details?.causes?.map(({ reason, message, field }) => ({
    reason: reason ?? "",
    message: message ?? "",
    ...(field === undefined ? {} : { field }),
  }));
  return new ClusterError(reason, status.message ?? reason, causes === undefined ? {} : { causes });
}

const BY_REASON: Record<string, ClusterErrorReason> = {
  BadRequest: "BadRequest",
  Unauthorized: "Unauthorized",
  Forbidden: "Forbidden",
  NotFound: "NotFound",
  AlreadyExists: "AlreadyExists",
  Conflict: "Conflict",
  Expired: "Expired",
  Gone: "Expired",
  Invalid: "Invalid",
  MethodNotAllowed: "MethodNotAllowed",
  NotAcceptable: "NotAcceptable",
  UnsupportedMediaType: "UnsupportedMediaType",
  RequestEntityTooLarge: "RequestEntityTooLarge",
  TooManyRequests: "TooManyRequests",
};

const BY_CODE: Record<number, ClusterErrorReason> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
};

function reasonOf({ reason, code }: ApiStatus): ClusterErrorReason {
  return BY_REASON[reason ?? ""] ?? BY_CODE[code ?? 0] ?? "InternalError";
}

function parseStatus(body: string): ApiStatus | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isStatus = typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
    return isStatus ? (value as ApiStatus) : undefined;
  } catch {
    return undefined;
  }
}

function plainMessage(httpCode: number, body: string): string {
  // An API group that is not there is answered in plain text.
  if (httpCode === 404) return "the server could not find the requested resource";
  const text = body.trim().slice(0, 300);
  return `the server answered ${httpCode}${text === "" ? "" : `: ${text}`}`;
}
