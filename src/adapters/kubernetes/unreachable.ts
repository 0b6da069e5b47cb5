// No answer at all, told so that a person can act on it: which address, from which configuration, why, and what to do.

import { ClusterError } from "../../ports/cluster.ts";
import { ConfigurationError } from "./kubeconfig-file.ts";

/** Where the configuration came from and where it leads. */
export interface Origin {
  source: string;
  server: string;
  context?: string;
}

/** Errors that already say enough pass through. */
export function unreachable(origin: Origin, error: unknown, timedOutAfterMs: number | undefined): Error {
  if (error instanceof ClusterError || error instanceof ConfigurationError) return error;
  const from = `${origin.context === undefined ? "" : `context "${origin.context}" of `}${origin.source}`;
  const { why, cure } =
    timedOutAfterMs === undefined
      ? explain(error)
      : {
          why: `no answer within ${timedOutAfterMs / 1000} s`,
          cure: "Check the network and the server, or allow more time with --request-timeout",
        };
  return new ClusterError(
    "Unreachable",
    `the API server at ${origin.server} (${from}) cannot be reached: ${why}. ${cure}`,
    { cause: error },
  );
}

const CHOOSE = "choose another with --context or --kubeconfig";

const REASONS: Record<string, { why: string; cure: string }> = {
  ECONNREFUSED: {
    why: "connection refused",
    cure: `Start it (a sandbox: \`serin up\`), or ${CHOOSE}`,
  },
  ECONNRESET: { why: "the connection was reset", cure: "Try again; see the server's log if it stays so" },
  ENOTFOUND: { why: "the host name is not known", cure: `Check the name and your DNS or VPN, or ${CHOOSE}` },
  EAI_AGAIN: { why: "the host name could not be looked up", cure: `Check your DNS or VPN, or ${CHOOSE}` },
  EHOSTUNREACH: { why: "there is no route to it", cure: `Check your network or VPN, or ${CHOOSE}` },
  ENETUNREACH: { why: "there is no route to it", cure: `Check your network or VPN, or ${CHOOSE}` },
  ETIMEDOUT: { why: "no connection within 10 s", cure: `Check your network or VPN, or ${CHOOSE}` },
  SELF_SIGNED_CERT_IN_CHAIN: {
    why: "its certificate is signed by an authority that the kubeconfig does not name",
    cure: "Put that authority in certificate-authority-data of the cluster entry",
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    why: "its certificate is self-signed",
    cure: "Put it in certificate-authority-data of the cluster entry",
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    why: "its certificate is not signed by the authority in the kubeconfig",
    cure: "The kubeconfig may be of an older installation: fetch it anew",
  },
  CERT_SIGNATURE_FAILURE: {
    why: "its certificate is not signed by the authority in the kubeconfig",
    cure: "The kubeconfig may be of an older installation: fetch it anew",
  },
  CERT_HAS_EXPIRED: {
    why: "its certificate has expired",
    cure: "Renew the server's certificate, or check the clock here",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: "its certificate is for another name",
    cure: "Use the name in the certificate, or set tls-server-name in the cluster entry",
  },
};

function explain(error: unknown): { why: string; cure: string } {
  const code = codeOf(error);
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  return { why: message === "" ? (code ?? "unknown error") : message, cure: `Check the address, or ${CHOOSE}` };
}

/** Happy-eyeballs failures are AggregateErrors: the first one with a code speaks. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return error.errors.map(codeOf).find((code) => code !== undefined);
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return undefined;
}
