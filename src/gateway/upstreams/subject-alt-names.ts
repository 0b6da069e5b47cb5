// Who a certificate says its owner is: the names beside the subject, as Envoy matches them. A DNS name of the certificate may begin
// with a star for one label.

import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

export function hasAltName(certificate: X509Certificate, wanted: readonly string[]): boolean {
  const uris = altNames(certificate, "URI");
  return wanted.some((name) => uris.includes(name) || isFor(certificate, name));
}

/** Host names and addresses: what a server's certificate is checked against. */
export function isFor(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return certificate.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined;
}

// `DNS:a.example, URI:spiffe://x/y`; a value that holds a comma is written in quotes, as a JSON text.
const ENTRY = /([^:]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

export function altNames({ subjectAltName = "" }: X509Certificate, type: "DNS" | "URI"): string[] {
  return [...subjectAltName.matchAll(ENTRY)].flatMap(([, kind, value]) => {
    if (kind !== type) return [];
    return [value!.startsWith('"') ? (JSON.parse(value!) as string) : value!];
  });
}
