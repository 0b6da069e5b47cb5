// The Kubernetes adapter and the informer on real sockets, while the way to the server breaks, freezes or is a detour.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  connect as dial,
  type Server as NetServer,
  createServer as netServer,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Connected, type ConnectOptions, connect } from "../../src/adapters/kubernetes/connect.ts";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS, NAMESPACES } from "../../src/core/kubernetes/resource.ts";
import { Informer } from "../../src/informer/informer.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { eventually } from "../../testbed/conformance/cluster/case.ts";
import { realClock, SILENT } from "../../testbed/conformance/cluster/surroundings.ts";
import { type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let folder: string;
const closers: (() => void)[] = [];

beforeAll(async () => {
  api = await startSandboxApi();
  folder = mkdtempSync(join(tmpdir(), "serin-faults-"));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Kubeconfig {
  clusters: [{ cluster: Record<string, unknown> }];
  users: [{ user: Record<string, unknown> }];
}

/** Signed nothing here. */
const OTHER_AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBjTCCATOgAwIBAgIUGLUj4KF7vWBu2Cp/YBj1o/072hEwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwHhcNMjYxMTI0MDcxNDI2WhcN
MzYxMTIxMDcxNDI2WjAcMRowGAYDVQQDDBFhbm90aGVyIGF1dGhvcml0eTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABBeq7xQv5WQqlfwhhMZYs6usSPh6DfRui3yu
Paoj7f/GfyUW28P3QWR+vZCcuveyt4blfsjm2S2Sx1A74K0shJujUzBRMB0GA1Ud
DgQWBBSMFJJNHn0pcgAp3e90YrKJ+LL8azAfBgNVHSMEGDAWgBSMFJJNHn0pcgAp
3e90YrKJ+LL8azAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDG
KCAsbrGmsHjeaiwXdKFYqEGmR4ZDm/1teQiPHJPhSQIgBKh8cuVLt3x//bavHlYi
YnKJYGeHvr8z8P2zTonkcPc=
-----END CERTIFICATE-----
`;

let files = 0;

/** A connection by a copy of the sandbox's kubeconfig with changes. */
function open(change: (config: Kubeconfig) => void, options: Partial<ConnectOptions> = {}): Promise<Connected> {
  const config = JSON.parse(readFileSync(api.kubeconfig, "utf8").replace(/^#.*\n/, "")) as Kubeconfig;
  change(config);
  const file = join(folder, `config-${files++}`);
  writeFileSync(file, JSON.stringify(config));
  return connect({ env: {}, clock: realClock, kubeconfig: file, ...options });
}

async function listening(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

interface Relay {
  url: string;
  /** Bytes from the server after which a new connection is cut; infinite: never. */
  cutAfterBytes: () => number;
  /** While true nothing passes, and no connection ends. */
  frozen: boolean;
  connections: number;
}

/** Passes bytes to the sandbox's API as they are. */
async function relay(): Promise<Relay> {
  const target = Number(new URL(api.url).port);
  const state: Relay = { url: "", cutAfterBytes: () => Number.POSITIVE_INFINITY, frozen: false, connections: 0 };
  const server = netServer((client) => {
    state.connections += 1;
    const upstream = dial(target, "127.0.0.1");
    let left = state.cutAfterBytes();
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => void (state.frozen || upstream.write(bytes)));
    upstream.on("data", (bytes) => {
      if (state.frozen) return;
      client.write(bytes.subarray(0, left), () => void (left <= 0 && end()));
      left -= bytes.length;
    });
  });
  state.url = `https://127.0.0.1:${await listening(server)}`;
  return state;
}

/** A clock on which time flies; what is measured in minutes shows in a test. */
function hurried(factor: number): Clock {
  return { now: () => Date.now() * factor, after: (delayMs, run) => realClock.after(delayMs / factor, run) };
}

async function namespace(name: string): Promise<string> {
  await api.cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

function follow(connected: Connected, namespace: string, clock: Clock) {
  const informer = new Informer<KubeObject>({
    cluster: connected.cluster,
    resource: CONFIG_MAPS,
    namespace,
    clock,
    log: SILENT,
    jitter: () => 0.5,
  });
  const seen: { name: string; version: number; gone: boolean }[] = [];
  informer.onChange(({ key, object, before }) => {
    const { resourceVersion } = (object ?? before)!.metadata;
    seen.push({ name: key.name, version: Number(resourceVersion), gone: object === undefined });
  });
  const stop = new AbortController();
  const ended = informer.start(stop.signal);
  closers.push(() => stop.abort());
  return { informer, seen, ended };
}

async function put(namespace: string, name: string, data: string): Promise<number> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { data } };
  const { metadata } = await api.cluster.apply<KubeObject>(CONFIG_MAPS, object, { fieldManager: "test" });
  return Number(metadata.resourceVersion);
}

describe("a stream", () => {
  test("that is cut after any number of bytes loses no change and tells none twice", async () => {
    const inside = await namespace("cuts");
    const way = await relay();
    let seed = 5;
    // A handshake takes about 2 kB, so some connections get nowhere; what piled up comes in records of up to 16 kB.
    way.cutAfterBytes = () => 1_500 + ((seed = (seed * 16_807) % 2_147_483_647) % 40_000);
    const connected = await open((config) => (config.clusters[0].cluster.server = way.url));
    const { informer, seen } = follow(connected, inside, hurried(40));
    await informer.synced;
    const versions: number[] = [];
    for (let i = 0; i < 150; i++) {
      versions.push(await put(inside, `m-${i % 3}`, `${i} ${"x".repeat(i * 5)}`));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await eventually(async () => {
      expect(seen.at(-1)?.version).toBe(versions.at(-1));
    }, 30_000);
    expect(seen.map(({ version }) => version)).toEqual(versions);
    expect(way.connections).toBeGreaterThan(5);
    expect(informer.list()).toHaveLength(3);
  });

  test("behind a proxy that freezes is opened again on another connection", async () => {
    const inside = await namespace("frozen");
    const way = await relay();
    const connected = await open((config) => (config.clusters[0].cluster.server = way.url), { requestTimeoutMs: 500 });
    const { informer, seen } = follow(connected, inside, hurried(300));
    await informer.synced;
    await put(inside, "before", "1");
    await eventually(async () => expect(seen).toHaveLength(1), 5_000);
    way.frozen = true;
    await put(inside, "meanwhile", "1");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(seen).toHaveLength(1);
    expect(String(informer.lastError)).toMatch(/stream is dead|no answer within/);
    way.frozen = false;
    await eventually(async () => expect(seen.map(({ name }) => name)).toEqual(["before", "meanwhile"]), 20_000);
  });

  test("from a server that accepts and stays silent is given up, and its connection closed", async () => {
    let closed = 0;
    const silent = netServer((socket) => void socket.on("close", () => (closed += 1)).on("error", () => {}));
    silent.on("connection", (socket) => socket.resume());
    const port = await listening(silent);
    const options = { requestTimeoutMs: 200 };
    const connected = await open(
      (config) => (config.clusters[0].cluster.server = `https://127.0.0.1:${port}`),
      options,
    );
    const watch = connected.cluster.watch(CONFIG_MAPS, { resourceVersion: "1" });
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toThrow("no answer within 0.2 s");
    await eventually(async () => expect(closed).toBe(1), 2_000);
  });
});

interface Seen {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
}

/** A plain HTTP API whose answers are given one after the other; the last one stays. */
async function scripted(...answers: ((response: ServerResponse) => void)[]) {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { url: path = "", headers, rawHeaders } = request;
    seen.push({ path, headers, rawHeaders });
    answers[Math.min(seen.length, answers.length) - 1]!(response);
  });
  const url = `http://127.0.0.1:${await listening(server)}`;
  return { seen, change: (config: Kubeconfig) => void (config.clusters[0].cluster = { server: url }) };
}

const emptyList = (response: ServerResponse) =>
  void response.end(JSON.stringify({ kind: "ConfigMapList", items: [], metadata: { resourceVersion: "7" } }));
const busy = (code: number, seconds: string) => (response: ServerResponse) =>
  void response.writeHead(code, { "retry-after": seconds }).end();

describe("a server that is busy", () => {
  test.each([429, 503])(
    "with %i and Retry-After is asked again when it says, and each try is counted",
    async (code) => {
      const { seen, change } = await scripted(busy(code, "1"), emptyList);
      const { cluster, requests } = await open(change);
      const began = performance.now();
      expect((await cluster.list(CONFIG_MAPS)).resourceVersion).toBe("7");
      expect(performance.now() - began).toBeGreaterThan(950);
      expect(seen).toHaveLength(2);
      const counts = requests().map(({ verb, resource, code, count }) => `${verb} ${resource} ${code} ${count}`);
      expect(counts).toEqual([`list configmaps ${code} 1`, "list configmaps 200 1"]);
      expect(requests().every(({ durationMs }) => durationMs > 0)).toBe(true);
    },
  );

  test("for longer than one may wait is told to the caller, with the time", async () => {
    const { seen, change } = await scripted(busy(429, "120"));
    const { cluster } = await open(change);
    await expect(cluster.list(CONFIG_MAPS)).rejects.toMatchObject({ reason: "TooManyRequests", retryAfterMs: 120_000 });
    expect(seen).toHaveLength(1);
  });
});

describe("our own limit", () => {
  test("holds back what can wait and never what is urgent", async () => {
    const { change } = await scripted(emptyList);
    const { cluster, urgent } = await open(change, { rate: { perSecond: 10, burst: 1 } });
    const began = performance.now();
    const slow = Promise.all(Array.from({ length: 10 }, () => cluster.list(CONFIG_MAPS)));
    await urgent.list(CONFIG_MAPS);
    expect(performance.now() - began).toBeLessThan(500);
    await slow;
    expect(performance.now() - began).toBeGreaterThan(850);
  });
});

describe("the way there", () => {
  test("leads through the proxy that the kubeconfig names", async () => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request: IncomingMessage, client: Socket) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`);
      const upstream = dial(Number(new URL(api.url).port), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
      closers.push(() => upstream.destroy());
    });
    const port = await listening(proxy);
    const { cluster } = await open(({ clusters: [{ cluster }] }) => {
      cluster["proxy-url"] = `http://me:secret@127.0.0.1:${port}`;
      cluster.server = api.url.replace("127.0.0.1", "localhost");
    });
    expect((await cluster.list(CONFIG_MAPS, { namespace: "default" })).resourceVersion).not.toBe("");
    expect(asked).toEqual([`localhost:${new URL(api.url).port} Basic ${Buffer.from("me:secret").toString("base64")}`]);
  });

  test("may not lead through a proxy of a kind that is not supported", async () => {
    const opening = open(({ clusters: [{ cluster }] }) => (cluster["proxy-url"] = "socks5://127.0.0.1:1"));
    await expect(opening).rejects.toThrow("write http://HOST:PORT or https://HOST:PORT");
  });

  test("another user and groups are acted as", async () => {
    const { seen, change } = await scripted(emptyList);
    const { cluster } = await open(change, { as: "jane", asGroups: ["dev", "ops"] });
    await cluster.list(CONFIG_MAPS);
    const values = seen[0]!.rawHeaders.flatMap((name, i, all) => (/^impersonate-/i.test(name) ? [all[i + 1]] : []));
    expect(values).toEqual(["jane", "dev", "ops"]);
  });

  test("new certificates are used for new connections, and running streams go on", async () => {
    const caFile = join(folder, "ca.crt");
    const good = Buffer.from(
      (
        JSON.parse(readFileSync(api.kubeconfig, "utf8").replace(/^#.*\n/, "")) as {
          clusters: [{ cluster: { "certificate-authority-data": string } }];
        }
      ).clusters[0].cluster["certificate-authority-data"],
      "base64",
    );
    writeFileSync(caFile, good);
    let nowMs = 0;
    const clock = { now: () => nowMs, after: realClock.after };
    const { cluster } = await open(
      ({ clusters: [{ cluster: entry }] }) => {
        delete entry["certificate-authority-data"];
        entry["certificate-authority"] = caFile;
      },
      { clock, rate: { perSecond: 1_000, burst: 1_000 } },
    );
    const inside = await namespace("rotation");
    const { resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace: inside });
    const events = cluster.watch(CONFIG_MAPS, { namespace: inside, resourceVersion })[Symbol.asyncIterator]();
    const first = events.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(caFile, OTHER_AUTHORITY);
    nowMs = 120_000;
    await expect(cluster.list(CONFIG_MAPS, { namespace: inside })).rejects.toThrow("certificate");
    await put(inside, "a", "1");
    expect((await first).value).toMatchObject({ type: "ADDED" });
    await events.return?.();
  });
});
