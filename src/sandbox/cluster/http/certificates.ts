// The sandbox's certificates on disk: an authority of its own, made at first start, and a server certificate that it
// signs. What is there and good is kept, so that a kubeconfig goes on working; what is missing, foreign or near its end
// is made anew.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { CertificateAndKey } from "./issue-certificates.ts";
import { readText, writePrivate } from "./private-file.ts";

export interface ServerCertificates {
  authorityPem: string;
  server: CertificateAndKey;
}

const DNS_NAMES = ["localhost"] as const;
const IP_NAMES = ["127.0.0.1", "::1"] as const;

const DAY_MS = 86_400_000;
/** The authority must outlive every server certificate that it signs by a good margin: the kubeconfig holds it. */
const AUTHORITY_MARGIN_MS = 400 * DAY_MS;
const SERVER_MARGIN_MS = 30 * DAY_MS;

/** Reads or makes the certificates in `directory`. */
export async function ensureCertificates(directory: string, nowMs: number): Promise<ServerCertificates> {
  const authority = keptAuthority(directory, nowMs);
  if (authority !== undefined) {
    const server = keptServer(directory, authority, nowMs);
    if (server !== undefined) return { authorityPem: authority.certificatePem, server };
  }
  return makeCertificates(directory, authority, nowMs);
}

async function makeCertificates(
  directory: string,
  kept: CertificateAndKey | undefined,
  nowMs: number,
): Promise<ServerCertificates> {
  const { issueAuthority, issueServer } = await import("./issue-certificates.ts");
  const authority = kept ?? (await issueAuthority(nowMs));
  const server = await issueServer(authority, { dns: DNS_NAMES, ip: IP_NAMES }, nowMs);
  if (kept === undefined) save(directory, "ca", authority);
  save(directory, "server", server);
  return { authorityPem: authority.certificatePem, server };
}

function keptAuthority(directory: string, nowMs: number): CertificateAndKey | undefined {
  const pair = load(directory, "ca");
  if (pair === undefined) return undefined;
  const certificate = parse(pair);
  return certificate?.ca && lasts(certificate, nowMs, AUTHORITY_MARGIN_MS) ? pair : undefined;
}

function keptServer(directory: string, authority: CertificateAndKey, nowMs: number): CertificateAndKey | undefined {
  const pair = load(directory, "server");
  if (pair === undefined) return undefined;
  const certificate = parse(pair);
  if (certificate === undefined || !lasts(certificate, nowMs, SERVER_MARGIN_MS)) return undefined;
  const signer = new X509Certificate(authority.certificatePem);
  const named =
    DNS_NAMES.every((name) => certificate.checkHost(name) !== undefined) &&
    IP_NAMES.every((name) => certificate.checkIP(name) !== undefined);
  return named && certificate.checkIssued(signer) && certificate.verify(signer.publicKey) ? pair : undefined;
}

/** The certificate when both halves parse and belong together. */
function parse({ certificatePem, keyPem }: CertificateAndKey): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(certificatePem);
    return certificate.checkPrivateKey(createPrivateKey(keyPem)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

function lasts(certificate: X509Certificate, nowMs: number, marginMs: number): boolean {
  return Date.parse(certificate.validFrom) <= nowMs && Date.parse(certificate.validTo) > nowMs + marginMs;
}

function load(directory: string, name: string): CertificateAndKey | undefined {
  const certificatePem = readText(join(directory, `${name}.crt`));
  const keyPem = readText(join(directory, `${name}.key`));
  return certificatePem === undefined || keyPem === undefined ? undefined : { certificatePem, keyPem };
}

function save(directory: string, name: string, pair: CertificateAndKey): void {
  writePrivate(join(directory, `${name}.key`), pair.keyPem);
  writePrivate(join(directory, `${name}.crt`), pair.certificatePem);
}
