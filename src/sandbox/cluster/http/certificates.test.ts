// Real certificates on a virtual date: kept while they last, made anew in time.

import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureCertificates } from "./certificates.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "serin-tls-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (days: number) => ensureCertificates(directory, START_MS + days * DAY_MS);

test("an authority that signs servers alone, and a server certificate for the loopback names", async () => {
  const { authorityPem, server } = await at(0);
  const [authority, certificate] = [new X509Certificate(authorityPem), new X509Certificate(server.certificatePem)];
  expect(authority.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  expect(authority.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  expect(statSync(join(directory, "ca.key")).mode & 0o777).toBe(0o600);
});

test("kept while it lasts; the server's renewed near its end under the same authority; at last all anew", async () => {
  const first = await at(0);
  expect(await at(1)).toEqual(first);
  expect(await at(366)).toEqual(first);
  const renewed = await at(368);
  expect(renewed.authorityPem).toBe(first.authorityPem);
  expect(renewed.server.certificatePem).not.toBe(first.server.certificatePem);
  const anew = await at(3_300);
  expect(anew.authorityPem).not.toBe(first.authorityPem);
  expect(Date.parse(new X509Certificate(anew.server.certificatePem).validTo)).toBeGreaterThan(
    START_MS + 3_660 * DAY_MS,
  );
});

test("what does not belong together is replaced", async () => {
  const first = await at(0);
  writeFileSync(join(directory, "server.key"), readFileSync(join(directory, "ca.key")));
  const mended = await at(0);
  expect(mended.authorityPem).toBe(first.authorityPem);
  expect(mended.server.keyPem).not.toBe(first.server.keyPem);
  writeFileSync(join(directory, "ca.crt"), readFileSync(join(directory, "server.crt")));
  expect((await at(0)).authorityPem).not.toBe(first.authorityPem);
});
