// What TLS needs out of a Secret: certificate and key, or the authorities that a peer's certificate is checked against. Which keys
// of the Secret count is istiod's rule (pilot/pkg/credentials/kube/secrets.go). What is wrong is said without any of the content.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { KubeObject } from "../core/kubernetes/object.ts";

export interface Secret extends KubeObject {
  /** Base64. */
  data?: Record<string, string>;
}

/** PEM texts. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface Authority {
  certificates: string;
  revoked: string | undefined;
}

export type Reading<T> = { value: T } | { problem: string };

/** The older names come first, as in istiod. */
const KEY_PAIRS = [
  ["cert", "key"],
  ["tls.crt", "tls.key"],
] as const;
const AUTHORITIES = [
  ["cacert", "crl"],
  ["ca.crt", "ca.crl"],
] as const;

/** The parts of a Secret that can matter here; whatever else it holds is not kept. */
export const CREDENTIAL_KEYS: readonly string[] = [...KEY_PAIRS, ...AUTHORITIES].flat();

export function readKeyPair(secret: Secret): Reading<KeyPair> {
  const names = KEY_PAIRS.find((pair) => pair.every((name) => text(secret, name) !== ""));
  if (names === undefined) return { problem: missing(secret, "tls.crt and tls.key, or cert and key") };
  const [certificateName, keyName] = names;
  const certificate = text(secret, certificateName);
  const key = text(secret, keyName);
  const parsed = parseCertificates(certificate);
  if (parsed === undefined) return { problem: `${certificateName} of ${title(secret)} is no PEM certificate` };
  const privateKey = attempt(() => createPrivateKey(key));
  if (privateKey === undefined)
    return { problem: `${keyName} of ${title(secret)} is no PEM private key without a passphrase` };
  if (!parsed[0]!.checkPrivateKey(privateKey))
    return { problem: `${keyName} of ${title(secret)} does not belong to the certificate in ${certificateName}` };
  if (attempt(() => createSecureContext({ cert: certificate, key })) === undefined)
    return {
      problem: `${certificateName} of ${title(secret)} is not usable: OpenSSL wants RSA keys of 2048 bits or more`,
    };
  return { value: { certificate, key } };
}

export function readAuthority(secret: Secret): Reading<Authority> {
  const names = AUTHORITIES.find(([name]) => text(secret, name) !== "");
  if (names === undefined) return { problem: missing(secret, "ca.crt or cacert") };
  const [name, revokedName] = names;
  const certificates = text(secret, name);
  if (parseCertificates(certificates) === undefined)
    return { problem: `${name} of ${title(secret)} is no PEM certificate` };
  const crl = text(secret, revokedName) || undefined;
  if (crl !== undefined && attempt(() => createSecureContext({ crl })) === undefined)
    return { problem: `${revokedName} of ${title(secret)} is no PEM list of revoked certificates` };
  return { value: { certificates, revoked: crl } };
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** All of a chain or bundle; undefined when one of them cannot be read, or there is none. */
function parseCertificates(pem: string): X509Certificate[] | undefined {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  const parsed = blocks.map((block) => attempt(() => new X509Certificate(block)));
  return parsed.length > 0 && parsed.every((each) => each !== undefined) ? parsed : undefined;
}

/** The library's own words may show what it read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function text({ data }: Secret, name: string): string {
  return Buffer.from(data?.[name] ?? "", "base64").toString("latin1");
}

function missing(secret: Secret, wanted: string): string {
  const found = Object.keys(secret.data ?? {}).sort();
  return `${title(secret)} has no ${wanted} (it has ${found.join(", ") || "nothing of use"})`;
}

function title({ metadata: { namespace, name } }: Secret): string {
  return `Secret ${namespace}/${name}`;
}
