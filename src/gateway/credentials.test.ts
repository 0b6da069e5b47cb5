import { afterAll, expect, test } from "vitest";
import { Authority } from "../../testbed/gateway/certificates.ts";
import { CredentialStore } from "./credential-store.ts";
import { readAuthority, readKeyPair, type Secret } from "./credentials.ts";

const authority = new Authority();
const first = authority.issue("DNS:a.example");
const second = authority.issue("DNS:a.example", "rsa");

afterAll(() => authority.dispose());

function secret(data: Record<string, string>, name = "shop"): Secret {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  const metadata = { name, namespace: "istio-system" };
  return { apiVersion: "v1", kind: "Secret", metadata, data: Object.fromEntries(encoded) };
}

test("both spellings, the older one first", () => {
  const both = { cert: first.certificate, key: first.key, "tls.crt": second.certificate, "tls.key": second.key };
  expect(readKeyPair(secret(both))).toEqual({ value: { certificate: first.certificate, key: first.key } });
  const { cert: _, ...rest } = both;
  expect(readKeyPair(secret(rest))).toEqual({ value: { certificate: second.certificate, key: second.key } });
  for (const name of ["ca.crt", "cacert"])
    expect(readAuthority(secret({ [name]: authority.certificate }))).toEqual({
      value: { certificates: authority.certificate, revoked: undefined },
    });
});

test("a chain is taken whole", () => {
  const chain = first.certificate + authority.certificate;
  expect(readKeyPair(secret({ "tls.crt": chain, "tls.key": first.key }))).toMatchObject({
    value: { certificate: chain },
  });
});

test.each<[Record<string, string>, string]>([
  [{}, "Secret istio-system/shop has no tls.crt and tls.key, or cert and key (it has nothing of use)"],
  [
    { "tls.crt": first.certificate, "tls.key": "" },
    "has no tls.crt and tls.key, or cert and key (it has tls.crt, tls.key)",
  ],
  [{ "tls.crt": "not PEM", "tls.key": first.key }, "tls.crt of Secret istio-system/shop is no PEM certificate"],
  [
    { "tls.crt": first.certificate, "tls.key": "not PEM" },
    "tls.key of Secret istio-system/shop is no PEM private key without a passphrase",
  ],
  [
    { "tls.crt": first.certificate, "tls.key": second.key },
    "tls.key of Secret istio-system/shop does not belong to the certificate in tls.crt",
  ],
])("%#: what is wrong is said, and nothing of the content", (data, problem) => {
  const reading = readKeyPair(secret(data)) as { problem: string };
  expect(reading.problem).toContain(problem);
  for (const text of Object.values(data))
    if (text.length > 20) expect(reading.problem).not.toContain(text.slice(30, 60));
});

test("a good certificate stays in force when its Secret turns bad or goes away, and gives way to the next good one", () => {
  let now: Secret | undefined;
  const store = new CredentialStore((_, name) => (name === "shop" ? now : undefined));
  const held = () => store.keyPair("istio-system", "shop");
  expect(held()).toMatchObject({ value: undefined, problem: expect.stringContaining("does not exist: kubectl") });
  now = secret({ "tls.crt": first.certificate, "tls.key": first.key });
  expect(held()).toMatchObject({ value: { key: first.key }, problem: undefined });
  now = secret({ "tls.crt": "x", "tls.key": first.key });
  expect(held()).toMatchObject({ value: { key: first.key }, problem: expect.stringContaining("no PEM certificate") });
  now = undefined;
  expect(held()).toMatchObject({ value: { key: first.key }, problem: expect.stringContaining("does not exist") });
  now = secret({ "tls.crt": second.certificate, "tls.key": second.key });
  expect(held()).toMatchObject({ value: { key: second.key }, problem: undefined });
});

test("authorities come from the Secret beside, where there is one", () => {
  const other = new Authority("other");
  const own = secret({ "ca.crt": authority.certificate });
  const beside = secret({ "ca.crt": other.certificate }, "shop-cacert");
  const store = (secrets: Secret[]) =>
    new CredentialStore((_, name) => secrets.find(({ metadata }) => metadata.name === name)).authority(
      "istio-system",
      "shop",
    );
  expect(store([own]).value?.certificates).toBe(authority.certificate);
  expect(store([own, beside]).value?.certificates).toBe(other.certificate);
  expect(store([own, secret({}, "shop-cacert")])).toMatchObject({ value: undefined, problem: expect.any(String) });
  other.dispose();
});
