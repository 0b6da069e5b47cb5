// The answers that Envoy gives by itself, with body, response flags and response code details (checked against Envoy 1.40).

import { STATUS_CODES } from "node:http";
import type { Fault } from "../routing/table.ts";
import type { Failure } from "../wire/upstream-error.ts";

export interface LocalReply {
  code: number;
  body: string;
  flags: string;
  details: string;
  /** Envoy's UPSTREAM_TRANSPORT_FAILURE_REASON. */
  failure: string;
  /** For a client that speaks gRPC; else it follows from the code. */
  grpcStatus?: number | undefined;
  /** The connection ends with the answer. */
  close?: boolean;
  headers?: readonly string[];
}

const reply = (code: number, body: string, flags: string, details: string, failure = ""): LocalReply => ({
  code,
  body,
  flags,
  details,
  failure,
});

export const NO_ROUTE = reply(404, "", "NR", "route_not_found");
const NO_CLUSTER = reply(503, "", "NC", "cluster_not_found");
export const NO_HEALTHY_UPSTREAM = reply(503, "no healthy upstream", "UH", "no_healthy_upstream");
const NOT_A_PATH = reply(404, "", "-", "absolute_path_rejected");
export const TIMEOUT = reply(504, "upstream request timeout", "UT", "response_timeout");

/** Gateway API wants another status: https://gateway-api.sigs.k8s.io/reference/api-spec/1.6/spec/#httprouterule (backendRefs) */
export function noCluster(status: number | undefined): LocalReply {
  return status === undefined ? NO_CLUSTER : { ...NO_CLUSTER, code: status };
}

export function faultReply({ status, grpcStatus }: Fault["abort"]): LocalReply {
  return { ...reply(status, "fault filter abort", "FI", "fault_filter_abort"), grpcStatus };
}

const refusal = (code: number, body: string, flags: string, details: string): LocalReply => ({
  ...reply(code, body, flags, details),
  close: true,
});

/** What a request target gets that parseTarget refuses. */
export function badTarget(url: string): LocalReply {
  if (url.startsWith("/")) return BAD_PATH;
  if (/^https:/i.test(url)) return FOREIGN_SCHEME;
  return /^[a-z]+:/i.test(url) && !/^http:/i.test(url) ? BAD_REQUEST : NOT_A_PATH;
}

const BAD_PATH = refusal(400, "", "-", "path_normalization_failed");
export const NO_HOST = refusal(400, "", "-", "missing_host_header");
export const BAD_REQUEST = refusal(400, "Bad Request", "DPE", "http1.codec_error");
export const BAD_HOST = refusal(400, "", "-", "invalid_authority");
const FOREIGN_SCHEME = refusal(403, "Forbidden", "-", "-");
export const TOO_MANY_HEADERS = refusal(431, "Request Header Fields Too Large", "DPE", "http1.too_many_headers");
export const LARGE_HEAD = refusal(431, "Request Header Fields Too Large", "DPE", "http1.headers_too_large");
export const SLOW_HEAD = refusal(408, "request header timeout", "-", "request_header_timeout");
export const SLOW_BODY = refusal(408, "stream timeout", "SI", "stream_idle_timeout");
export const OTHER_UPGRADE = refusal(403, "", "-", "upgrade_failed");
export const NO_TUNNEL = refusal(404, "", "NR", "route_not_found");
export const LOW_VERSION = refusal(426, "Upgrade Required", "DPE", "low_version");

/** The last answer of a connection, to bytes that are no request. */
export function rawAnswer({ code, body }: LocalReply, date: string): string {
  const type = body === "" ? "" : "content-type: text/plain\r\n";
  return `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\ncontent-length: ${body.length}\r\n${type}date: ${date}\r\nserver: istio-envoy\r\nconnection: close\r\n\r\n${body}`;
}

const OVERFLOW: LocalReply = {
  ...reply(
    503,
    "upstream connect error or disconnect/reset before headers. reset reason: overflow",
    "UO",
    "upstream_reset_before_response_started{overflow}",
  ),
  headers: ["x-envoy-overloaded", "true"],
};

/** An answer that broke off: flags and details. */
export function brokenAnswer(failure: Failure): [string, string] {
  const [text, flags] =
    failure.kind === "per-try-timeout" || failure.kind === "overflow" ? CONNECTION_ENDED : resetTexts(failure);
  return [flags, `upstream_reset_after_response_started{${text.replaceAll(" ", "_")}}`];
}

/** `retry`: why a retry that was wanted is not made. */
export function failureReply(failure: Failure, retry: "URX" | "UO" | "-"): LocalReply {
  const flags = (own: string) => (retry === "-" ? own : `${retry},${own}`);
  if (failure.kind === "overflow") return OVERFLOW;
  if (failure.kind === "per-try-timeout") return reply(504, TIMEOUT.body, flags("UT"), "upstream_per_try_timeout");
  const [text, own, failureText] = resetTexts(failure);
  const body = `upstream connect error or disconnect/reset before headers. ${retry === "URX" ? "retried and the latest " : ""}reset reason: ${text}`;
  const details = `upstream_reset_before_response_started{${text.replaceAll(" ", "_")}${failureText === "" ? "" : `|${failureText}`}}`;
  return reply(failure.kind === "protocol" ? 502 : 503, body, flags(own), details, failureText);
}

function resetTexts(failure: Exclude<Failure, { kind: "per-try-timeout" | "overflow" }>): [string, string, string] {
  switch (failure.kind) {
    case "connect":
      return failure.reason === "timeout"
        ? ["connection timeout", "UF", ""]
        : ["remote connection failure", "UF", `delayed_connect_error:_${failure.reason.replaceAll(" ", "_")}`];
    case "tls":
      return ["remote connection failure", "UF", `TLS_error:_${failure.reason.replaceAll(" ", "_")}`];
    case "reset":
      return CONNECTION_ENDED;
    case "refused":
      return ["remote refused stream reset", "UR", ""];
    case "remote-reset":
      return ["remote reset", "UR", ""];
    case "protocol":
      return ["protocol error", "UPE", ""];
  }
}

const CONNECTION_ENDED: [string, string, string] = ["connection termination", "UC", ""];
