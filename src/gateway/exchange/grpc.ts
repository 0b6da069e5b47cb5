// What gRPC has of its own in HTTP: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. Mappings as Envoy has them
// (Grpc::Utility), checked against Envoy 1.40.

import type { HeaderList } from "../wire/headers.ts";

/** By the content type of a request. gRPC-Web is none: its answers carry the status in their body. */
export function isGrpc(contentType: string | undefined): boolean {
  if (contentType === undefined || !contentType.startsWith("application/grpc")) return false;
  return contentType.length === 16 || contentType[16] === "+";
}

/** For an answer that says nothing about gRPC. */
export function grpcStatusOf(httpStatus: number): number {
  return FROM_HTTP[httpStatus] ?? UNKNOWN;
}

const UNKNOWN = 2;
const FROM_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** What a gRPC status would be in HTTP; undefined for one that nobody knows. */
export function httpStatusOf(grpcStatus: string): number | undefined {
  return TO_HTTP[Number(grpcStatus)];
}

const TO_HTTP = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

/** What says it in an answer without messages. */
export function grpcHead(grpcStatus: number, message: Uint8Array): HeaderList {
  const list = ["content-type", "application/grpc", "grpc-status", String(grpcStatus)];
  return message.length === 0 ? list : [...list, "grpc-message", percentEncoded(message)];
}

/** Printable ASCII but for the percent sign stays. */
function percentEncoded(message: Uint8Array): string {
  return [...message]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}

/** A client's deadline in milliseconds; undefined when there is none, or when it is zero or no deadline. */
function grpcTimeoutMs(header: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(header ?? "") ?? [];
  if (digits === undefined) return undefined;
  return Math.ceil(Number(digits) * UNITS_MS[unit!]!) || undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** The client's deadline, which the route's time limit bounds where it has one. */
export function grpcDeadlineMs(header: string | undefined, routeMs: number | undefined): number | undefined {
  const wantedMs = grpcTimeoutMs(header);
  return routeMs === undefined || (wantedMs !== undefined && wantedMs < routeMs) ? wantedMs : routeMs;
}

/** The deadline for the next hop; at most eight digits are allowed. */
export function grpcTimeoutText(timeoutMs: number): string {
  if (timeoutMs < 1e8) return `${timeoutMs}m`;
  const seconds = Math.floor(timeoutMs / 1_000);
  return seconds < 1e8 ? `${seconds}S` : `${Math.floor(seconds / 60)}M`;
}
