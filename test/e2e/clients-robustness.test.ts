// The sandbox API under rough use: many requests, clients that vanish or do not read, histories that are too short.

import type { ClientRequest } from "node:http";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpClientOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

const HISTORY_LIMIT = 100;
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

let api: SandboxApi;
let client: ReturnType<typeof httpClientOf>;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
const warnings: Error[] = [];
const onWarning = (warning: Error) => warnings.push(warning);

beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  process.on("warning", onWarning);
  api = await startSandboxApi({ historyLimit: HISTORY_LIMIT });
  client = httpClientOf(api);
});

afterAll(async () => {
  client.close();
  expect(api.complaints).toEqual([]);
  await api.stop();
  process.off("unhandledRejection", onRejection);
  process.off("warning", onWarning);
  expect([rejections, warnings]).toEqual([[], []]);
});

const configMap = (name: string, k: string) => ({ metadata: { name }, data: { k } });
const write = (name: string, k: string) =>
  client.ask(`${CONFIG_MAPS}/${name}`, {
    method: "PATCH",
    body: configMap(name, k),
    headers: { "content-type": "application/merge-patch+json" },
  });

interface Watch {
  events(): {
    type: string;
    object: {
      code?: number;
      reason?: string;
      metadata?: { name?: string; resourceVersion?: string; annotations?: object };
    };
  }[];
  ended: Promise<void>;
  request: ClientRequest;
}

function watch(query: string, path = CONFIG_MAPS): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const options = { ca: client.ca, agent: false, headers: { authorization: `Bearer ${client.token}` } };
    const sent = request(`${api.url}${path}?watch=1&${query}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      const ended = new Promise<void>((done) => response.on("close", () => done()));
      response.on("error", () => {});
      const events = () =>
        text
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as ReturnType<Watch["events"]>[number]);
      resolve({ events, ended, request: sent });
    });
    sent.on("error", reject).end();
  });
}

async function eventually(check: () => boolean, what: string): Promise<void> {
  for (let left = 400; !check(); left -= 1) {
    if (left === 0) throw new Error(`in vain: ${what}`);
    await sleep(25);
  }
}

test("a watch: from a version on, initial events with their end, selectors, time-out, 410", async () => {
  await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("w1", "1") });
  const list = (await client.ask(CONFIG_MAPS)).json<{ metadata: { resourceVersion: string } }>();
  const version = list.metadata.resourceVersion;
  const from = await watch(`resourceVersion=${version}`);
  const initial = await watch("sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
  const quiet = await watch("sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
  const one = await watch("fieldSelector=metadata.name%3Dw2");
  const byPath = await watch("", `${CONFIG_MAPS}/w1`);
  const begin = Date.now();
  const short = await watch("timeoutSeconds=1&allowWatchBookmarks=true");
  await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("w2", "1") });
  await write("w1", "2");
  await client.ask(`${CONFIG_MAPS}/w2`, { method: "DELETE" });
  const told = (each: Watch) =>
    each.events().map((event) => `${event.type} ${event.object.metadata?.name ?? ""}`.trim());
  await eventually(() => told(from).length >= 3 && told(one).length >= 2 && told(quiet).length >= 3, "events");
  expect(told(from)).toEqual(["ADDED w2", "MODIFIED w1", "DELETED w2"]);
  expect(told(quiet)).toEqual(["ADDED w2", "MODIFIED w1", "DELETED w2"]);
  expect(told(one)).toEqual(["ADDED w2", "DELETED w2"]);
  expect(told(byPath)).toEqual(["ADDED w1", "MODIFIED w1"]);
  const end = initial.events().findIndex((event) => event.type === "BOOKMARK");
  expect(
    initial
      .events()
      .slice(0, end)
      .every((event) => event.type === "ADDED"),
  ).toBe(true);
  expect(initial.events()[end]!.object.metadata?.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  await short.ended;
  expect(Date.now() - begin).toBeLessThan(3_000);
  expect(short.events().every((event) => event.type !== "ERROR")).toBe(true);
  for (let index = 0; index < HISTORY_LIMIT * 2 + 1; index += 1) await write("w1", String(index));
  const late = await watch(`resourceVersion=${version}`);
  await late.ended;
  expect(late.events()).toMatchObject([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]);
  for (const each of [from, initial, quiet, one, byPath]) each.request.destroy();
});

test("thousands of requests, reads and writes at once, all answered", async () => {
  const before = process.memoryUsage().rss;
  let codes = 0;
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        index % 4 === 0
          ? write("w1", `${round}-${index}`)
          : client.ask(index % 4 === 1 ? CONFIG_MAPS : `${CONFIG_MAPS}/w1`),
      ),
    );
    codes += answers.filter((answer) => answer.code === 200).length;
  }
  expect(codes).toBe(2_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
});

test("watches whose clients vanish free what they held", async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((each) => each === "TCPSocketWrap").length;
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  await sleep(100);
  const [socketsBefore, timersBefore] = [sockets(), timers()];
  const watches = await Promise.all(Array.from({ length: 200 }, () => watch("allowWatchBookmarks=true")));
  expect(sockets()).toBeGreaterThanOrEqual(socketsBefore + 200);
  for (const each of watches) each.request.destroy();
  await Promise.all(watches.map((each) => each.ended));
  await eventually(() => sockets() <= socketsBefore + 2, "sockets freed");
  await eventually(() => timers() <= timersBefore + 2, "timers freed");
  expect((await write("w1", "after")).code).toBe(200);
});

test("a client that does not read costs no memory, and is told 410 when it reads again", async () => {
  const socket = connect({
    port: Number(new URL(api.url).port),
    host: "127.0.0.1",
    ca: client.ca,
    servername: "localhost",
  });
  await new Promise<void>((resolve) => socket.once("secureConnect", () => resolve()));
  socket.write(
    `GET ${CONFIG_MAPS}?watch=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${client.token}\r\nConnection: close\r\n\r\n`,
  );
  await new Promise<void>((resolve) => socket.once("readable", () => resolve()));
  const before = process.memoryUsage();
  // Together far more than the sockets' buffers take, and many more changes than are kept.
  for (let index = 0; index < HISTORY_LIMIT * 6; index += 1)
    await write("heavy", `${index}`.padEnd(50_000, "x")).then(async (answer) => {
      if (answer.code === 404) await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("heavy", "") });
    });
  const grown = process.memoryUsage().rss - before.rss;
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const seen = text.match(/"type":"MODIFIED"/g)?.length ?? 0;
  expect(seen).toBeLessThan(HISTORY_LIMIT * 5);
  expect(text).toMatch(/"type":"ERROR","object":\{"kind":"Status".*"code":410/);
  // The kept history holds up to 200 states of 50 kB.
  expect(grown).toBeLessThan(120 * 1024 * 1024);
}, 60_000);

test("requests that break off, and nonsense instead of HTTP, harm nobody", async () => {
  const port = Number(new URL(api.url).port);
  const raw = (text: string) =>
    new Promise<void>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1", ca: client.ca, servername: "localhost" }, () => {
        socket.write(text);
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on("close", () => resolve()).on("error", () => {});
    });
  await Promise.all([
    raw("nonsense\r\n\r\n"),
    raw(`GET /${"x".repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    raw(
      `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${client.token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a":`,
    ),
    raw(
      `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${client.token}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ),
  ]);
  expect((await client.ask("/version")).code).toBe(200);
});
