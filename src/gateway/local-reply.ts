// The answers that Envoy gives by itself, with body, response flags and response code details (checked against Envoy 1.40).

export interface LocalReply {
  code: number;
  body: string;
  flags: string;
  details: string;
  /** Envoy's UPSTREAM_TRANSPORT_FAILURE_REASON. */
  failure: string;
}

const reply = (code: number, body: string, flags: string, details: string, failure = ""): LocalReply => ({
  code,
  body,
  flags,
  details,
  failure,
});

export const NO_ROUTE = reply(404, "", "NR", "route_not_found");
export const NO_CLUSTER = reply(503, "", "NC", "cluster_not_found");
export const NO_HEALTHY_UPSTREAM = reply(503, "no healthy upstream", "UH", "no_healthy_upstream");
export const BAD_PATH = reply(400, "", "-", "path_normalization_failed");
export const NO_HOST = reply(400, "", "-", "missing_host_header");
export const TOO_MANY_HEADERS = reply(431, "", "-", "http1.too_many_headers");
export const LOW_VERSION = reply(426, "", "-", "low_version");
export const NO_UPGRADE = reply(403, "", "-", "upgrade_failed");
export const TIMEOUT = reply(504, "upstream request timeout", "UT", "response_timeout");

/** How an attempt ended without an answer that counts. */
export type Failure =
  | { kind: "connect"; reason: string }
  | { kind: "reset" }
  | { kind: "protocol" }
  | { kind: "per-try-timeout" };

/** `retried`: retries were made and are used up. */
export function failureReply(failure: Failure, retried: boolean): LocalReply {
  const flags = (own: string) => (retried ? `URX,${own}` : own);
  if (failure.kind === "per-try-timeout") return reply(504, TIMEOUT.body, flags("UT"), "upstream_per_try_timeout");
  const [text, own, failureText] = resetTexts(failure);
  const body = `upstream connect error or disconnect/reset before headers. ${retried ? "retried and the latest " : ""}reset reason: ${text}`;
  const details = `upstream_reset_before_response_started{${text.replaceAll(" ", "_")}${failureText === "" ? "" : `|${failureText}`}}`;
  return reply(failure.kind === "protocol" ? 502 : 503, body, flags(own), details, failureText);
}

function resetTexts(failure: Exclude<Failure, { kind: "per-try-timeout" }>): [string, string, string] {
  switch (failure.kind) {
    case "connect":
      return failure.reason === "timeout"
        ? ["connection timeout", "UF", ""]
        : ["remote connection failure", "UF", `delayed_connect_error:_${failure.reason.replaceAll(" ", "_")}`];
    case "reset":
      return ["connection termination", "UC", ""];
    case "protocol":
      return ["protocol error", "UPE", ""];
  }
}
