// HTTPS at the gateway's door, with clients that nobody here wrote: curl, openssl s_client, Node's https.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { GATEWAYS, SECRETS } from "../../src/core/kubernetes/resource.ts";
import type { GatewayServer, ServerTls } from "../../src/gateway/objects.ts";
import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { Authority, type Certificate } from "../../testbed/gateway/certificates.ts";
import { EchoWorld, openTestCluster, realClock, silentLog } from "../../testbed/gateway/world.ts";

const run = promisify(execFile);
const NAMESPACE = "istio-system";

let authority: Authority;
let shop: Certificate;
let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;

beforeAll(() => {
  authority = new Authority();
  shop = authority.issue("DNS:shop.example,DNS:*.shop.example");
});

afterAll(() => authority.dispose());

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([{ route: [{ destination: { host: "echo" } }] }]);
  await world.addPod("v1", (request, response) => {
    response.setHeader("x-seen-proto", String(request.headers["x-forwarded-proto"]));
    response.end(`v1 ${request.headers.host}`);
  });
  gateway = await startGateway({
    cluster: world.cluster,
    clock: realClock,
    log: silentLog,
    ports: { 80: 0 },
    optionalPorts: { 443: 0 },
    statsPort: 0,
    seed: 7,
  });
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

async function putSecret(name: string, data: Record<string, string>): Promise<void> {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE }, data: encoded };
  await world.cluster.create(SECRETS, secret as KubeObject).catch(async () => {
    await world.cluster.patch(SECRETS, { namespace: NAMESPACE, name }, { type: "merge", body: { data: encoded } });
  });
}

function pairOf({ certificate, key }: Certificate): Record<string, string> {
  return { "tls.crt": certificate, "tls.key": key };
}

async function serve(...servers: [hosts: string[], tls: ServerTls][]): Promise<void> {
  const written = servers.map(
    ([hosts, tls], i): GatewayServer => ({ port: { number: 443, name: `https-${i}`, protocol: "HTTPS" }, hosts, tls }),
  );
  await world.cluster.patch(
    GATEWAYS,
    { namespace: "default", name: "echo" },
    { type: "merge", body: { spec: { servers: written } } },
  );
}

interface Answer {
  /** curl's exit code: 0 is an answer. */
  exit: number;
  status: number;
  version: string;
  body: string;
}

/** A request to https://NAME, whose address is the gateway's. */
async function curl(name: string, ...args: string[]): Promise<Answer> {
  const port = gateway.localPorts[443]!;
  const all = [
    ...["--silent", "--show-error", "--max-time", "5", "--resolve", `${name}:${port}:127.0.0.1`],
    ...["--cacert", authority.certificateFile, "--write-out", "\n%{http_code} %{http_version}", ...args],
    `https://${name}:${port}/`,
  ];
  try {
    const { stdout } = await run("curl", all);
    const [, body, status, version] = /^([^]*)\n(\d+) (\S+)$/.exec(stdout)!;
    return { exit: 0, status: Number(status), version: version!, body: body! };
  } catch (error) {
    return {
      exit: (error as { code: number }).code,
      status: 0,
      version: "",
      body: (error as { stderr: string }).stderr,
    };
  }
}

test("a server with a certificate", async () => {
  await putSecret("shop", pairOf(shop));
  await serve([["shop.example"], { mode: "SIMPLE", credentialName: "shop" }]);
  await expect
    .poll(() => curl("shop.example"))
    .toMatchObject({ exit: 0, status: 200, body: expect.stringContaining("v1 shop.example") });
});
