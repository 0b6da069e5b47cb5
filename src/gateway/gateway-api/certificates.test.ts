import { expect, test } from "vitest";
import { listener } from "../../../testbed/gateway/gateway-api.ts";
import type { Credentials } from "../credential-store.ts";
import { listenerTls } from "./certificates.ts";
import type { ListenerSpec, ReferenceGrant } from "./objects.ts";

const API = "gateway.networking.k8s.io";

/** Every Secret called `good` is one, in every namespace. */
const credentials: Credentials = {
  keyPair: (namespace, name) =>
    name === "good"
      ? { value: { certificate: "c", key: "k" }, problem: undefined }
      : { value: undefined, problem: `secret ${namespace}/${name} not found` },
  authority: () => ({ value: undefined, problem: "none" }),
};

function tlsOf(tls: ListenerSpec["tls"], grants: ReferenceGrant[] = []) {
  return listenerTls(listener({ protocol: "HTTPS", tls }), { grants, credentials, namespace: "default" });
}

const grantFrom = (kind: string, to: object): ReferenceGrant => ({
  apiVersion: `${API}/v1beta1`,
  kind: "ReferenceGrant",
  metadata: { name: "g", namespace: "other" },
  spec: { from: [{ group: API, kind, namespace: "default" }], to: [{ group: "", kind: "Secret", ...to }] },
});
const elsewhere = { certificateRefs: [{ name: "good", namespace: "other" }] };

test("plain text needs none", () => {
  const sources = { grants: [], credentials, namespace: "default" };
  expect(listenerTls(listener(), sources)).toEqual({ settings: undefined, finding: undefined });
});

test("a Secret of the Gateway's own namespace, or two", () => {
  expect(tlsOf({ certificateRefs: [{ name: "good" }] })).toEqual({
    settings: { mode: "SIMPLE", credentialName: "default/good" },
    finding: undefined,
  });
  expect(tlsOf({ certificateRefs: [{ name: "good" }, { name: "good" }] }).settings).toEqual({
    mode: "SIMPLE",
    credentialNames: ["default/good", "default/good"],
  });
});

test("istiod's options", () => {
  const options = {
    "gateway.istio.io/tls-terminate-mode": "MUTUAL",
    "gateway.istio.io/tls-cipher-suites": "AES128-SHA, AES256-SHA",
  };
  expect(tlsOf({ certificateRefs: [{ name: "good" }], options }).settings).toMatchObject({
    mode: "MUTUAL",
    cipherSuites: ["AES128-SHA", "AES256-SHA"],
  });
});

test.each<[string, ListenerSpec["tls"], ReferenceGrant[], string | undefined]>([
  [
    "one that is missing",
    { certificateRefs: [{ name: "bad" }] },
    [],
    "InvalidCertificateRef: invalid certificate reference /Secret/bad., secret default/bad not found",
  ],
  [
    "something else than a Secret",
    { certificateRefs: [{ name: "good", group: "x.example", kind: "Vault" }] },
    [],
    "InvalidCertificateRef: invalid certificate reference x.example/Vault/good., only secret is allowed",
  ],
  [
    "three of them",
    { certificateRefs: [{ name: "good" }, { name: "good" }, { name: "good" }] },
    [],
    "InvalidCertificateRef: TLS mode can only support up to 2 server certificates",
  ],
  [
    "another namespace's, not granted",
    elsewhere,
    [grantFrom("HTTPRoute", {}), grantFrom("Gateway", { name: "else" }), grantFrom("Gateway", { kind: "Service" })],
    'RefNotPermitted: certificateRef good/other not accessible to a Gateway in namespace "default" (missing a ReferenceGrant?)',
  ],
  ["another namespace's, granted", elsewhere, [grantFrom("Gateway", { name: "good" })], undefined],
])("%s", (_, tls, grants, text) => {
  const { finding } = tlsOf(tls, grants);
  expect(finding && `${finding.reason}: ${finding.message}`).toBe(text);
});
