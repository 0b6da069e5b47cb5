// Why a request got no answer from an upstream, or not all of it, said by whoever spoke with it.

/** How an attempt ended without an answer that counts. */
export type Failure =
  | { kind: "connect"; reason: string }
  /** The endpoint was reached, and no handshake succeeded. */
  | { kind: "tls"; reason: string }
  | { kind: "reset" }
  | { kind: "protocol" }
  /** HTTP/2: the upstream ended this stream alone, and says that it has not looked at the request. */
  | { kind: "refused" }
  /** HTTP/2: the upstream ended this stream alone. */
  | { kind: "remote-reset" }
  | { kind: "per-try-timeout" }
  | { kind: "overflow" };

export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`upstream: ${failure.kind}`, options);
    this.failure = failure;
  }
}

/** Of a socket's error while connecting; undefined for any other. */
export function connectFailure(error: Error & { code?: string; syscall?: string }): Failure | undefined {
  if (error.code === "UND_ERR_CONNECT_TIMEOUT") return { kind: "connect", reason: "timeout" };
  const reason = CONNECT_REASONS[error.code ?? ""];
  if (error.syscall !== "connect" && reason === undefined) return undefined;
  return { kind: "connect", reason: reason ?? "Connection refused" };
}

/** Of a connection that ends before its handshake is done, in BoringSSL's words where there are some. */
export function tlsFailure(error: Error & { code?: string; syscall?: string }): Failure {
  const { code = "" } = error;
  const failure = connectFailure(error);
  if (failure !== undefined) return failure;
  const isVerification = /CERT|VERIFY|ISSUER|SIGNED/.test(code) || code === "";
  return { kind: "tls", reason: isVerification ? "CERTIFICATE_VERIFY_FAILED" : code };
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  EADDRNOTAVAIL: "Cannot assign requested address",
};
