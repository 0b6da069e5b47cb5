// How a TLS server shakes hands, and how a cluster's endpoints are spoken to, as data.

import type { Authority, KeyPair } from "../credentials.ts";

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

/** Towards endpoints. */
export interface UpstreamTls {
  /** What the endpoint is asked for; undefined: the host that each request is for. */
  serverName: string | undefined;
  /** Undefined: whoever answers is believed. */
  trust: ServerTrust | undefined;
  /** What the endpoint is shown. */
  keyPair: KeyPair | undefined;
}

export interface ServerTrust {
  authority: Authority | "system";
  /** One of them must be in the certificate; undefined: the name that was asked for. Empty: any will do. */
  names: readonly string[] | undefined;
}
