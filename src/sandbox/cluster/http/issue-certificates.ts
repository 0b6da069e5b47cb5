// Makes the certificate authority and the server certificate. Loaded only when one is missing or near its end:
// the X.509 library takes longer to load than everything else at start.

import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import { provideReflectMetadata } from "./reflect-metadata.ts";

export interface CertificateAndKey {
  certificatePem: string;
  keyPem: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AUTHORITY_LIFE_MS = 3_650 * DAY_MS;
/** Apple's and browsers' limit for server certificates is 398 days. */
const SERVER_LIFE_MS = 397 * DAY_MS;
/** A clock that runs a little behind must still accept a certificate made just now. */
const BACKDATE_MS = HOUR_MS;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** A new authority that can sign only server certificates, no further authorities. */
export async function issueAuthority(nowMs: number): Promise<CertificateAndKey> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    // The random part keeps two sandboxes' authorities apart in one trust store.
    name: `CN=serin-sandbox-ca-${randomBytes(4).toString("hex")}, O=Serin`,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + AUTHORITY_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: pemOf(keys.privateKey) };
}

/** A server certificate for the names, signed by the authority. Names that are IP addresses become IP entries. */
export async function issueServer(
  authority: CertificateAndKey,
  names: { dns: readonly string[]; ip: readonly string[] },
  nowMs: number,
): Promise<CertificateAndKey> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: "CN=serin-sandbox, O=Serin",
    issuer: issuer.subject,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(Math.min(nowMs + SERVER_LIFE_MS, issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    signingKey: await importKey(authority.keyPem),
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH], false),
      new x509.SubjectAlternativeNameExtension([
        ...names.dns.map((value) => ({ type: "dns" as const, value })),
        ...names.ip.map((value) => ({ type: "ip" as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString("pem")}\n`, keyPem: pemOf(keys.privateKey) };
}

async function loadX509() {
  provideReflectMetadata();
  return import("@peculiar/x509");
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }) as string;
}

/** Positive, as RFC 5280 wants: the first bit is clear and the first byte not zero. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString("hex");
}
