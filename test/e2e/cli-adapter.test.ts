// The Kubernetes adapter over real HTTPS, before the sandbox's API server: the port's conformance suite, then what only a
// client on a wire meets. SERIN_TEST_KUBECONFIG puts the suite before another server.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connected, type ConnectOptions, connect } from "../../src/adapters/kubernetes/connect.ts";
import { CANARIES, CONFIG_MAPS, DEPLOYMENTS, PODS } from "../../src/core/kubernetes/resource.ts";
import type { Pod } from "../../src/core/kubernetes/workload.ts";
import { ClusterError } from "../../src/ports/cluster.ts";
import { runCase, SUITE } from "../../testbed/conformance/cluster/suite.ts";
import { realClock } from "../../testbed/conformance/cluster/surroundings.ts";
import { type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

const foreign = process.env.SERIN_TEST_KUBECONFIG;
let api: SandboxApi;
let folder: string;
let connected: Connected;

beforeAll(async () => {
  const podLogs = {
    async *read({ name }: { name: string }) {
      yield `first of ${name}\n`;
      yield "zweite Zeile: ä\n";
    },
  };
  api = await startSandboxApi({ historyLimit: 50, podLogs });
  folder = mkdtempSync(join(tmpdir(), "serin-adapter-"));
  connected = await open({ kubeconfig: foreign ?? api.kubeconfig });
});

afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<ConnectOptions>): Promise<Connected> {
  return connect({ env: {}, clock: realClock, ...options });
}

/** A copy of the sandbox's kubeconfig with changes. */
function variant(change: (config: Kubeconfig) => void): string {
  const config = JSON.parse(readFileSync(api.kubeconfig, "utf8").replace(/^#.*\n/, "")) as Kubeconfig;
  change(config);
  const file = join(folder, `config-${Math.trunc(performance.now() * 1000)}`);
  writeFileSync(file, JSON.stringify(config));
  return file;
}

interface Kubeconfig {
  clusters: [{ cluster: Record<string, unknown> }];
  users: [{ user: Record<string, unknown> }];
}

async function failure(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => {
      throw new Error("it succeeded");
    },
    (error: unknown) => error as Error,
  );
}

for (const [area, cases] of Object.entries(SUITE))
  describe(`conformance: ${area}`, () => {
    for (const each of cases)
      test.skipIf(foreign !== undefined && each.needs !== undefined)(each.name, () => runCase(connected.cluster, each));
  });

describe("the wire", () => {
  test("discovery finds a kind's resource, and none for a kind that is not there", async () => {
    expect(await connected.resourceOf("apps/v1", "Deployment")).toEqual(DEPLOYMENTS);
    expect(await connected.resourceOf("serin.dev/v1alpha1", "Canary")).toEqual(CANARIES);
    expect(await connected.resourceOf("apps/v1", "Deploiment")).toBeUndefined();
    expect(await connected.resourceOf("example.com/v1", "Thing")).toBeUndefined();
  });

  test("the server tells its version", async () => {
    expect((await connected.serverVersion()).gitVersion).toMatch(/^v1\./);
  });

  test("logs arrive line by line, cut only at line ends", async () => {
    const { cluster, podLogs } = await open({ kubeconfig: api.kubeconfig });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "logging", namespace: "default" },
      spec: { containers: [{ name: "a", image: "a" }] },
    };
    const created = await cluster.create<Pod>(PODS, pod);
    const container = {
      name: "a",
      image: "a",
      imageID: "a",
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
    };
    const running = { ...created, status: { phase: "Running" as const, containerStatuses: [container] } };
    await cluster.update<Pod>(PODS, running, { subresource: "status" });
    const lines: string[] = [];
    for await (const line of podLogs.read({ namespace: "default", name: "logging", uid: created.metadata.uid! }, {}))
      lines.push(line);
    expect(lines).toEqual(["first of logging\n", "zweite Zeile: ä\n"]);
  });

  test("a watch that nobody wants any more closes its connection", async () => {
    const stop = new AbortController();
    const { resourceVersion } = await connected.cluster.list(CONFIG_MAPS, { namespace: "default" });
    const watch = connected.cluster.watch(CONFIG_MAPS, { namespace: "default", resourceVersion, signal: stop.signal });
    const next = watch[Symbol.asyncIterator]().next();
    setTimeout(() => stop.abort(), 100);
    expect((await next).done).toBe(true);
  });
});

describe("who and where", () => {
  test("a wrong token is Unauthorized", async () => {
    const { cluster } = await open({ kubeconfig: variant((config) => (config.users[0].user = { token: "wrong" })) });
    expect(await failure(cluster.list(CONFIG_MAPS))).toMatchObject({ reason: "Unauthorized" });
  });

  test("a token may come from a file, and a changed file is read again after a 401", async () => {
    const token = (JSON.parse(readFileSync(api.kubeconfig, "utf8").replace(/^#.*\n/, "")) as Kubeconfig).users[0].user
      .token as string;
    writeFileSync(join(folder, "token"), "old");
    const { cluster } = await open({
      kubeconfig: variant((config) => (config.users[0].user = { tokenFile: "token" })),
    });
    expect(await failure(cluster.list(CONFIG_MAPS))).toMatchObject({ reason: "Unauthorized" });
    writeFileSync(join(folder, "token"), `${token}\n`);
    expect((await cluster.list(CONFIG_MAPS, { namespace: "default" })).resourceVersion).not.toBe("");
  });

  test("a token may come from an exec plugin", async () => {
    const { token } = (JSON.parse(readFileSync(api.kubeconfig, "utf8").replace(/^#.*\n/, "")) as Kubeconfig).users[0]
      .user;
    const script = `const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      if (info.kind !== "ExecCredential" || process.env.EXTRA !== "yes") process.exit(3);
      console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: info.kind, status: { token: ${JSON.stringify(token)} } }))`;
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", script],
      env: [{ name: "EXTRA", value: "yes" }],
      interactiveMode: "Never",
    };
    const { cluster } = await open({ kubeconfig: variant((config) => (config.users[0].user = { exec })) });
    expect((await cluster.list(CONFIG_MAPS, { namespace: "default" })).resourceVersion).not.toBe("");
    const failing = { ...exec, args: ["-e", "process.exit(4)"], installHint: "Install the plugin." };
    const other = await open({ kubeconfig: variant((config) => (config.users[0].user = { exec: failing })) });
    expect((await failure(other.cluster.list(CONFIG_MAPS))).message).toMatch(
      /ended with exit code 4\nInstall the plugin\.$/,
    );
  });

  test("a server whose certificate no known authority signed is not trusted, unless that is asked for", async () => {
    const strange = variant(({ clusters }) => delete clusters[0].cluster["certificate-authority-data"]);
    const error = await failure((await open({ kubeconfig: strange })).cluster.list(CONFIG_MAPS));
    expect(error).toMatchObject({ reason: "Unreachable" });
    expect(error.message).toContain("certificate");
    const trusting = variant(({ clusters }) => {
      delete clusters[0].cluster["certificate-authority-data"];
      clusters[0].cluster["insecure-skip-tls-verify"] = true;
    });
    await (await open({ kubeconfig: trusting })).cluster.list(CONFIG_MAPS, { namespace: "default" });
  });

  test("the name in the certificate can be given apart from the address", async () => {
    const named = variant(({ clusters }) => (clusters[0].cluster["tls-server-name"] = "localhost"));
    await (await open({ kubeconfig: named })).cluster.list(CONFIG_MAPS, { namespace: "default" });
    const wrong = variant(({ clusters }) => (clusters[0].cluster["tls-server-name"] = "example.com"));
    const error = await failure((await open({ kubeconfig: wrong })).cluster.list(CONFIG_MAPS));
    expect(error.message).toContain("its certificate is for another name");
  });
});

describe("a server that does not answer as it should", () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serving(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return variant(({ clusters }) => (clusters[0].cluster = { server: url }));
  }

  test("nobody there: the address, why, and what to do", async () => {
    const nobody = variant(({ clusters }) => (clusters[0].cluster.server = "https://127.0.0.1:1"));
    const error = await failure((await open({ kubeconfig: nobody })).cluster.list(CONFIG_MAPS));
    expect(error).toBeInstanceOf(ClusterError);
    expect(error).toMatchObject({ reason: "Unreachable", retryable: true });
    expect(error.message).toMatch(
      /^the API server at https:\/\/127\.0\.0\.1:1 \(context "serin-sandbox" of .*\) cannot be reached: connection refused\. Start it/,
    );
  });

  test("silence ends at the request time-out", async () => {
    const { cluster } = await open({ kubeconfig: await serving(() => {}), requestTimeoutMs: 150 });
    const error = await failure(cluster.list(CONFIG_MAPS));
    expect(error).toMatchObject({ reason: "Unreachable" });
    expect(error.message).toContain("no answer within 0.15 s");
  });

  test.each([
    {
      code: 502,
      body: "<html>Bad Gateway</html>",
      reason: "InternalError",
      says: "the server answered 502: <html>Bad Gateway</html>",
    },
    { code: 403, body: "no", reason: "Forbidden", says: "the server answered 403: no" },
    {
      code: 404,
      body: "404 page not found\n",
      reason: "NotFound",
      says: "the server could not find the requested resource",
    },
    { code: 429, body: "", reason: "TooManyRequests", says: "the server answered 429" },
  ])("$code with $body is $reason", async ({ code, body, reason, says }) => {
    const kubeconfig = await serving((_, response) => response.writeHead(code).end(body));
    const error = await failure((await open({ kubeconfig })).cluster.list(CONFIG_MAPS));
    expect(error).toMatchObject({ reason, message: says });
  });

  test("an ERROR event of a watch throws what it says", async () => {
    const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
    const kubeconfig = await serving((_, response) =>
      response.end(`${JSON.stringify({ type: "ERROR", object: status })}\n`),
    );
    const watch = (await open({ kubeconfig })).cluster.watch(CONFIG_MAPS, { resourceVersion: "1" });
    expect(await failure(watch[Symbol.asyncIterator]().next())).toMatchObject({ reason: "Expired" });
  });

  test("a stream that breaks in the middle of a line is an error, not an end", async () => {
    const kubeconfig = await serving((_, response) => {
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":');
      setTimeout(() => response.destroy(), 50);
    });
    const { cluster } = await open({ kubeconfig });
    const watch = cluster.watch(CONFIG_MAPS, { resourceVersion: "1" });
    const events = watch[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: "ADDED" });
    expect(await failure(events.next())).toMatchObject({ reason: "Unreachable" });
  });
});
