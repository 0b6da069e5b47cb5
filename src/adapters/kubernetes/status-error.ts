// A failed answer as a ClusterError: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/

import { ClusterError, type ClusterErrorReason, type StatusCause } from "../../ports/cluster.ts";
import { missingPermission } from "./missing-permission.ts";

/** The API's Status object, as far as it is read. */
export interface ApiStatus {
  kind: "Status";
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: { causes?: StatusCause[] | null; retryAfterSeconds?: number };
}

/** `retryAfter` is the header of that name. */
export function errorOfResponse(httpCode: number, body: string, retryAfter?: string): ClusterError {
  const status = parseStatus(body) ?? { kind: "Status", code: httpCode, message: plainMessage(httpCode, body) };
  // Dates are allowed there too, but no API server sends one.
  const seconds = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
  return errorOfStatus(seconds === undefined ? status : withRetryAfter(status, seconds));
}

function withRetryAfter(status: ApiStatus, retryAfterSeconds: number): ApiStatus {
  return { ...status, details: { ...status.details, retryAfterSeconds } };
}

/** Also for ERROR events of a watch. */
export function errorOfStatus(status: ApiStatus): ClusterError {
  const reason = reasonOf(status);
  const causes = status.details?.causes?.map(({ reason, message, field }) => ({
    reason: reason ?? "",
    message: message ?? "",
    ...(field === undefined ? {} : { field }),
  }));
  const message = status.message ?? reason;
  const cure = reason === "Forbidden" ? missingPermission(message) : undefined;
  const seconds = status.details?.retryAfterSeconds;
  return new ClusterError(reason, cure === undefined ? message : `${message}. ${cure}`, {
    ...(causes === undefined ? {} : { causes }),
    ...(seconds ? { retryAfterMs: seconds * 1000 } : {}),
  });
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
