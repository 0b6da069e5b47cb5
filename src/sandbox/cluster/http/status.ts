// Refusals as Kubernetes Status objects: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/

import { ClusterError, type ClusterErrorReason, type StatusCause } from "../../../ports/cluster.ts";
import type { ResourcePath } from "./request-path.ts";

export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, never>;
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** A refusal by the HTTP layer itself, with a code that the port's errors do not know or details that they lack. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

const CODES: Record<ClusterErrorReason, number> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  Unreachable: 503,
};

/** The Status of whatever was thrown while the path was served. */
export function statusOf(error: unknown, path?: ResourcePath): Status {
  if (error instanceof Refusal) return failure(error.code, error.reason, error.message, error.details);
  if (error instanceof ClusterError) {
    const reason = error.reason === "Unreachable" ? "ServiceUnavailable" : error.reason;
    return failure(CODES[error.reason], reason, error.message, detailsOf(error, path));
  }
  const message = error instanceof Error ? error.message : String(error);
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ reason: "", message }] });
}

/** The answer to a deletion that has taken place. */
export function deleted(subject: Required<Pick<StatusDetails, "name" | "kind">> & StatusDetails): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details: withoutEmpty(subject) };
}

export function methodNotAllowed(): Refusal {
  return new Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function notServed(): Refusal {
  return new Refusal(404, "NotFound", "the server could not find the requested resource", {});
}

export function notAcceptable(): Refusal {
  const offered = "application/json, application/yaml, application/json;stream=watch";
  return new Refusal(406, "NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${offered}`, {});
}

/** An option of the query that cannot be: the API words it as an invalid object of the options' kind. */
export function invalidOption(kind: string, field: string, cause: { reason: string; message: string }): Refusal {
  return new Refusal(422, "Invalid", `${kind}.meta.k8s.io "" is invalid: ${field}: ${cause.message}`, {
    group: "meta.k8s.io",
    kind,
    causes: [{ ...cause, field }],
  });
}

function failure(code: number, reason: string, message: string, details: StatusDetails | undefined): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details: withoutEmpty(details) }),
    code,
  };
}

/** Messages begin with what they speak of: `deployments.apps "x" not found`, `Scale.autoscaling "x" is invalid: ...`. */
const SUBJECT = /^(?:Operation cannot be fulfilled on )?([\w-]+)(?:\.([\w.-]+))? "([^"]*)"[ :]/;

function detailsOf(
  { reason, message, causes }: ClusterError,
  path: ResourcePath | undefined,
): StatusDetails | undefined {
  const withCauses = causes.length === 0 ? {} : { causes: [...causes] };
  if (path === undefined || reason === "BadRequest") return causes.length === 0 ? undefined : withCauses;
  // Clients print the message of a refusal that names no field only when it names no object either.
  if (reason === "Invalid" && causes.length === 0) return {};
  const [, kind, group, name] = SUBJECT.exec(message) ?? [];
  return { name, group, kind, ...withCauses };
}

function withoutEmpty(details: StatusDetails): StatusDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined && value !== ""));
}
