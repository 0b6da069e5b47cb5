// The adapter with a service account's folder before a real API server: what deploy/rbac.yaml allows it may do, what it does not is
// named, and a token that was taken back is replaced by the one that lies there now. SERIN_MESH_BIN names a folder with etcd and kube-apiserver.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls, type DetailedPeerCertificate } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type RealServer, startServer } from "../../scripts/schemas/real-server.ts";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import { NAMESPACES, PODS, SECRETS } from "../../src/core/kubernetes/resource.ts";
import { realClock } from "../../testbed/conformance/cluster/surroundings.ts";
import { type ServiceAccountDir, serviceAccountDir } from "../e2e/service-account-dir.ts";

const root = join(import.meta.dirname, "..", "..");
const ACCOUNT = "/api/v1/namespaces/serin-system/serviceaccounts/serin";

let server: RealServer;
let account: ServiceAccountDir;
let authority: string;

beforeAll(async () => {
  const bin = process.env["SERIN_MESH_BIN"];
  if (!bin) throw new Error("SERIN_MESH_BIN is not set: name a folder with etcd and kube-apiserver");
  server = await startServer(bin);
  account = serviceAccountDir();
  authority = await authorityOf(server.url);
  for (const document of parseAllDocuments(readFileSync(join(root, "deploy", "rbac.yaml"), "utf8")))
    await create(document.toJS() as Created);
});
afterAll(async () => {
  await server?.stop();
  account?.remove();
});

interface Created {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid?: string };
  [field: string]: unknown;
}

async function create(object: Created): Promise<Created> {
  const root = object.apiVersion === "v1" ? "/api/v1" : `/apis/${object.apiVersion}`;
  const { namespace } = object.metadata;
  const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
  const { status, body } = await server.send("POST", `${root}${scope}/${object.kind.toLowerCase()}s`, object);
  expect([status, body.message]).toEqual([201, undefined]);
  return body as unknown as Created;
}

/** A token that lasts as long as this Secret, as a pod's lasts as long as the pod. */
async function tokenBoundTo(name: string): Promise<string> {
  const secret = await create({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "serin-system" } });
  const boundObjectRef = { apiVersion: "v1", kind: "Secret", name, uid: secret.metadata.uid };
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [], boundObjectRef },
  };
  const { body } = await server.send("POST", `${ACCOUNT}/token`, request);
  return (body as { status: { token: string } }).status.token;
}

/** The root that signed the server's certificate. */
function authorityOf(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      let certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
      while (certificate.issuerCertificate !== undefined && certificate.issuerCertificate !== certificate)
        certificate = certificate.issuerCertificate;
      socket.end();
      const base64 = certificate.raw.toString("base64").replaceAll(/.{64}/g, "$&\n");
      resolve(`-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`);
    });
    socket.once("error", reject);
  });
}

test("with the controller's rights, and with a new token when the old one is taken back", {
  timeout: 60_000,
}, async () => {
  const files = { "ca.crt": authority, namespace: "serin-system" };
  account.write({ ...files, token: await tokenBoundTo("first") });
  const { hostname, port } = new URL(server.url);
  const env = { HOME: account.path, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const { cluster, namespace, origin } = await connect({ env, serviceAccountDir: account.path, clock: realClock });
  expect([namespace, origin.source]).toEqual(["serin-system", "the pod's service account"]);
  expect((await cluster.list(PODS)).items).toEqual([]);
  await expect(cluster.list(SECRETS)).rejects.toMatchObject({
    reason: "Forbidden",
    message: expect.stringContaining("system:serviceaccount:serin-system:serin"),
  });

  const token = await tokenBoundTo("second");
  await server.send("DELETE", "/api/v1/namespaces/serin-system/secrets/first");
  // The server remembers for ten seconds whom it has let in.
  await expect
    .poll(
      () =>
        cluster.list(NAMESPACES).then(
          () => "let in",
          (error: { reason: string }) => error.reason,
        ),
      { timeout: 30_000 },
    )
    .toBe("Unauthorized");
  account.write({ ...files, token });
  expect((await cluster.list(NAMESPACES)).items.length).toBeGreaterThan(0);
});
