// Connections to endpoints that speak TLS: dialled, shaken hands with and checked, or ended with the reason.

import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, createSecureContext, getCACertificates, type SecureContext, type TLSSocket } from "node:tls";
import type { ServerTrust, UpstreamTls } from "../routing/tls-settings.ts";
import { hasAltName, isFor } from "./subject-alt-names.ts";

export interface SecureDial {
  host: string;
  port: number;
  /** What is asked for. */
  name: string;
  /** What is spoken inside; undefined: it is not agreed on. */
  protocol: "h2" | undefined;
}

/** Makes connections to one endpoint. */
export function secureDialer(tls: UpstreamTls): (dial: SecureDial) => TLSSocket {
  let context: SecureContext | undefined;
  return ({ host, port, name, protocol }) =>
    connect({
      host,
      port,
      secureContext: (context ??= contextOf(tls)),
      // An address is no name to ask for (RFC 6066).
      servername: isIP(name) === 0 ? name : "",
      rejectUnauthorized: tls.trust !== undefined,
      checkServerIdentity: (_, { raw }) => tls.trust && identityProblem(tls.trust, name, new X509Certificate(raw)),
      ...(protocol !== undefined && { ALPNProtocols: [protocol] }),
    }).setNoDelay(true);
}

function contextOf({ trust, keyPair }: UpstreamTls): SecureContext {
  return createSecureContext({
    ...(keyPair !== undefined && { cert: keyPair.certificate, key: keyPair.key }),
    ...(trust !== undefined && trustOptions(trust)),
  });
}

function trustOptions({ authority }: ServerTrust) {
  if (authority === "system") return { ca: getCACertificates("system") };
  const { certificates, revoked } = authority;
  return { ca: certificates, allowPartialTrustChain: true, ...(revoked !== undefined && { crl: revoked }) };
}

function identityProblem({ names }: ServerTrust, asked: string, certificate: X509Certificate): Error | undefined {
  // A connection that is passed through is for no name that is known.
  if (names === undefined && asked !== "")
    return isFor(certificate, asked) ? undefined : new Error(`the certificate is not for ${asked}`);
  if (names === undefined || names.length === 0 || hasAltName(certificate, names)) return undefined;
  return new Error(`the certificate is for none of ${names.join(", ")}`);
}
