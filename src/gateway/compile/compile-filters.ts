// What a route does before it forwards. Rules and defaults: istiod 1.31, pilot/pkg/networking/core/route/route.go (TranslateFault)
// and pkg/config/validation.

import type { HttpFault, HttpRoute, Percent } from "../objects.ts";
import type { Chance, Fault, RouteFilters } from "../routing/table.ts";
import { compileCors } from "./compile-cors.ts";
import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";

export function compileFilters(route: HttpRoute, field: string, complain: Complain): RouteFilters | undefined {
  const fault = route.fault && compileFault(route.fault, `${field}.fault`, complain);
  const cors = route.corsPolicy && compileCors(route.corsPolicy, `${field}.corsPolicy`, complain);
  return fault === undefined && cors === undefined ? undefined : { fault, cors };
}

/** A fault without a percentage happens to nobody. */
function compileFault({ delay, abort }: HttpFault, field: string, complain: Complain): Fault {
  if (delay === undefined && abort === undefined) complain(field, `${field} needs a delay or an abort`);
  return {
    delay: delay === undefined ? NO_DELAY : compileDelay(delay, `${field}.delay`, complain),
    abort: abort === undefined ? NO_ABORT : compileAbort(abort, `${field}.abort`, complain),
  };
}

const NO_DELAY: Fault["delay"] = { perMillion: 0, delayMs: 0 };
const NO_ABORT: Fault["abort"] = { perMillion: 0, status: 0, grpcStatus: undefined };

function compileDelay(
  { fixedDelay, percentage, percent }: NonNullable<HttpFault["delay"]>,
  field: string,
  complain: Complain,
): Fault["delay"] {
  const delayMs = compileDuration(fixedDelay, `${field}.fixedDelay`, complain) ?? 0;
  if (delayMs === 0) complain(`${field}.fixedDelay`, `${field}.fixedDelay is missing or zero: say how long, like 5s`);
  const share = percentage ?? (percent === undefined ? undefined : { value: percent });
  return { ...compileChance(share, `${field}.percentage`, complain), delayMs };
}

function compileAbort(
  { httpStatus = 0, grpcStatus, percentage }: NonNullable<HttpFault["abort"]>,
  field: string,
  complain: Complain,
): Fault["abort"] {
  const chance = compileChance(percentage, `${field}.percentage`, complain);
  if (grpcStatus !== undefined) {
    const code = GRPC_STATUSES.indexOf(grpcStatus);
    if (code === -1 || httpStatus !== 0)
      complain(
        `${field}.grpcStatus`,
        code === -1
          ? `${field}.grpcStatus: ${JSON.stringify(grpcStatus)} is no gRPC status: write its name, like UNAVAILABLE`
          : `${field} has both httpStatus and grpcStatus: leave one out`,
      );
    // Whoever speaks no gRPC sees a success with the abort's text, as in Envoy.
    return { ...chance, status: 200, grpcStatus: code };
  }
  if (!Number.isInteger(httpStatus) || httpStatus < 200 || httpStatus > 599)
    complain(`${field}.httpStatus`, `${field}.httpStatus: ${httpStatus} is no HTTP status from 200 to 599`);
  return { ...chance, status: httpStatus, grpcStatus: undefined };
}

/** By their numbers. https://grpc.io/docs/guides/status-codes/ */
const GRPC_STATUSES = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
  ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"],
  ...["INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];

/** Fractions below a millionth are cut off, as in istiod. */
export function compileChance(percentage: Percent | undefined, field: string, complain: Complain): Chance {
  const value = percentage?.value ?? 0;
  if (typeof value !== "number" || value < 0 || value > 100 || (value > 0 && value < 0.0001))
    complain(`${field}.value`, `${field}.value: ${JSON.stringify(value)} is neither 0 nor from 0.0001 to 100`);
  return { perMillion: Math.trunc(value * 10_000) };
}
