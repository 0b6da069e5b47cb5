// How a TLS server shakes hands, and how a cluster's endpoints are spoken to, as data.

import type { Authority, KeyPair } from "./credentials.ts";

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

export interface TlsSettings {
  /** Several: one for each kind of key that clients may want. */
  keyPairs: readonly KeyPair[];
  /** Undefined: no client is asked for a certificate. */
  clients: ClientValidation | undefined;
  minVersion: TlsVersion;
  maxVersion: TlsVersion;
  /** Of TLS 1.2, the preferred ones first; TLS 1.3 leaves no choice. */
  ciphers: readonly string[];
}

export interface ClientValidation {
  authority: Authority;
  /** False: a client may have none, but not a wrong one. */
  required: boolean;
  /** One of them must be in the certificate; none: any will do. */
  subjectAltNames: readonly string[];
}
