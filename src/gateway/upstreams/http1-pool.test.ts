// The gateway's own client of HTTP/1.1 against servers that write bytes: good ones, slow ones, and those that break the rules.

import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import type { Http1Request } from "../wire/http1-head.ts";
import type { UpstreamError } from "../wire/upstream-error.ts";
import { Http1Pool, type Http1PoolOptions } from "./http1-pool.ts";

const servers: Server[] = [];
const pools: Http1Pool[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.destroy()));
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** `answer` gets each piece of bytes, and all that came on its connection. */
async function serve(answer: (socket: Socket, bytes: string, all: string) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    let all = "";
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => answer(socket, chunk.toString("latin1"), (all += chunk.toString("latin1"))));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

function poolOf(port: number, options: Partial<Http1PoolOptions> = {}): Http1Pool {
  const pool = new Http1Pool({
    host: "127.0.0.1",
    port,
    connectTimeoutMs: 1_000,
    idleTimeoutMs: 60_000,
    maxRequests: Infinity,
    maxAgeMs: undefined,
    maxConnections: Infinity,
    ...options,
  });
  pools.push(pool);
  return pool;
}

interface Got {
  status?: number;
  headers?: Record<string, string | string[] | undefined>;
  text: string;
  error?: Error;
}

function ask(
  pool: Http1Pool,
  request: Partial<Http1Request> = {},
  onStart?: (controller: Dispatcher.DispatchController) => void,
  onData?: (controller: Dispatcher.DispatchController) => void,
): Promise<Got> {
  return new Promise((resolve) => {
    const got: Got = { text: "" };
    pool.dispatch(
      { method: "GET", path: "/", headers: ["host", "a"], body: null, upgrade: undefined, ...request },
      {
        onRequestStart: (controller) => onStart?.(controller),
        onResponseStart: (_, status, headers) => void (status >= 200 && Object.assign(got, { status, headers })),
        onResponseData: (controller, chunk) => {
          got.text += chunk.toString("latin1");
          onData?.(controller);
        },
        onResponseEnd: () => resolve(got),
        onResponseError: (_, error) => resolve({ ...got, error }),
      },
    );
  });
}

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

describe("answers", () => {
  const ANSWERS: [string, string, Partial<Got>][] = [
    ["a length", OK, { status: 200, text: "ok" }],
    [
      "chunks and trailers",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n",
      { text: "ok" },
    ],
    [
      "100 and 103 before it",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${OK}`,
      { status: 200, text: "ok" },
    ],
    [
      "a large body",
      `HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n${"x".repeat(40_000)}`,
      { text: "x".repeat(40_000) },
    ],
    ["no content", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, text: "" }],
    [
      "several lines of a header",
      "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b\r\ncontent-length: 0\r\n\r\n",
      { headers: { "set-cookie": ["a", "b"], "content-length": "0" } },
    ],
    [
      "fifty headers",
      `HTTP/1.1 200 OK\r\n${Array.from({ length: 50 }, (_, i) => `h${i}: ${i}\r\n`).join("")}content-length: 2\r\n\r\nok`,
      { text: "ok" },
    ],
  ];
  it.each(ANSWERS)("with %s, twice on one connection", async (_, answer, wanted) => {
    const port = await serve((socket) => void socket.write(answer));
    const pool = poolOf(port);
    expect(await ask(pool)).toMatchObject(wanted);
    expect(await ask(pool)).toMatchObject(wanted);
    expect(sockets).toHaveLength(1);
  });

  it("that come byte by byte", async () => {
    const port = await serve((socket) => {
      for (let i = 0; i < OK.length; i++) setTimeout(() => socket.write(OK[i]!), i);
    });
    expect(await ask(poolOf(port))).toMatchObject({ status: 200, text: "ok" });
  });

  it("to HEAD have no body, whatever length they announce, and the connection stays", async () => {
    const port = await serve((socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"));
    const pool = poolOf(port);
    for (let i = 0; i < 2; i++) expect(await ask(pool, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect(sockets).toHaveLength(1);
  });

  it("without a length end with the connection, also while nobody reads", async () => {
    const body = "x".repeat(300_000);
    const port = await serve((socket) => void socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`));
    const slow = (controller: Dispatcher.DispatchController) => {
      controller.pause();
      setTimeout(() => controller.resume(), 1);
    };
    const got = await ask(poolOf(port), {}, undefined, slow);
    expect([got.error, got.text.length]).toEqual([undefined, body.length]);
  });
});

describe("failures", () => {
  const FAILURES: [string, string, object][] = [
    ["no HTTP", "SSH-2.0-x\r\n\r\n", { code: expect.stringMatching(/^HPE_/) }],
    [
      "two lengths",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
      { code: expect.stringMatching(/^HPE_/) },
    ],
    ["a head too large", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}\r\n\r\n`, { code: "HPE_HEADER_OVERFLOW" }],
    [
      "a switch of protocols that nobody wished",
      "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
      { failure: { kind: "reset" } },
    ],
  ];
  it.each(FAILURES)("%s", async (_, answer, error) => {
    const port = await serve((socket) => void socket.write(answer));
    expect((await ask(poolOf(port))).error).toMatchObject(error);
  });

  it.each([
    "",
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
    `HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n${"x".repeat(50_000)}`,
  ])("an end in place of %j", async (answer) => {
    const port = await serve((socket) => void socket.end(answer));
    const { error } = await ask(poolOf(port));
    expect((error as UpstreamError).failure).toEqual({ kind: "reset" });
  });

  it("a refused connection", async () => {
    expect((await ask(poolOf(1))).error).toMatchObject({ code: "ECONNREFUSED", syscall: "connect" });
  });

  it.each([
    { headers: ["host", "a", "x", "1\r\ny: 2"] },
    { headers: ["host", "a", "x y", "1"] },
    { path: "/a b" },
    { path: "a" },
    { path: "/\r\nx: y" },
  ])("%j would be another request: it is not sent", async (request) => {
    let heard = "";
    const port = await serve((socket, bytes) => {
      heard += bytes;
      socket.write(OK);
    });
    expect((await ask(poolOf(port), request)).error).toBeDefined();
    expect(heard).toBe("");
  });
});

describe("bodies", () => {
  const DATA = randomBytes(200_000);
  const pieces = () =>
    Readable.from([DATA.subarray(0, 70_000), DATA.subarray(70_000, 150_000), DATA.subarray(150_000)]);

  it.each([["content-length", "200000"], []])(
    "go out as announced (%j) and come back whole, with pauses",
    async (...length) => {
      const head = "HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n";
      const port = await serve((socket, _, all) => {
        const body = all.slice(all.indexOf("\r\n\r\n") + 4);
        const whole = all.includes("transfer-encoding: chunked")
          ? body.endsWith("\r\n0\r\n\r\n")
          : body.length === 200_000;
        if (whole) socket.write(Buffer.concat([Buffer.from(head), DATA]));
      });
      const pool = poolOf(port);
      const pausing = (controller: Dispatcher.DispatchController) => {
        controller.pause();
        setTimeout(() => controller.resume(), 1);
      };
      const got = await ask(
        pool,
        { method: "POST", headers: ["host", "a", ...length.flat()], body: pieces() },
        undefined,
        pausing,
      );
      expect(got.text === DATA.toString("latin1")).toBe(true);
    },
  );

  it("of a request that is answered early end the connection after the answer", async () => {
    const port = await serve((socket) => void socket.write(OK));
    const pool = poolOf(port);
    const endless = new Readable({ read() {} });
    endless.push("begin");
    expect(await ask(pool, { method: "POST", body: endless })).toMatchObject({ status: 200, text: "ok" });
    expect(endless.destroyed).toBe(true);
    expect(await ask(pool)).toMatchObject({ text: "ok" });
    expect(sockets).toHaveLength(2);
  });

  it("that are absent are said to be empty where one is expected", async () => {
    const heard: string[] = [];
    const port = await serve((socket, bytes) => {
      heard.push(bytes);
      socket.write(OK);
    });
    const pool = poolOf(port);
    for (const method of ["GET", "POST"]) await ask(pool, { method, headers: ["host", "a", "content-length", "0"] });
    expect(heard).toEqual([
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n",
    ]);
  });
});

describe("connections", () => {
  it("end after so many requests, when the answer says so, and when the server gives them no time", async () => {
    const port = await serve((socket) => void socket.write(OK));
    const twice = poolOf(port, { maxRequests: 2 });
    for (let i = 0; i < 4; i++) await ask(twice);
    expect(sockets).toHaveLength(2);
    for (const header of ["connection: close", "keep-alive: timeout=1"]) {
      sockets.length = 0;
      const closing = await serve((socket) => void socket.write(OK.replace("\r\n\r\n", `\r\n${header}\r\n\r\n`)));
      const pool = poolOf(closing);
      await ask(pool);
      await ask(pool);
      expect(sockets).toHaveLength(2);
    }
  });

  it("that rest too long are closed, and those that are too old are not used again", async () => {
    const port = await serve((socket) => void socket.write(OK));
    const resting = poolOf(port, { idleTimeoutMs: 40 });
    await ask(resting);
    await expect.poll(() => sockets[0]!.destroyed || sockets[0]!.readableEnded).toBe(true);
    const ageing = poolOf(port, { maxAgeMs: 20 });
    await ask(ageing);
    await sleep(30);
    await ask(ageing);
    expect(sockets).toHaveLength(3);
  });

  it("that the server closed meanwhile, or on which it says something unasked, are not used", async () => {
    let bad: (socket: Socket) => void = (socket) => void socket.end();
    const port = await serve((socket) => {
      socket.write(OK);
      setTimeout(() => bad(socket), 20);
    });
    const pool = poolOf(port);
    for (bad of [(socket: Socket) => void socket.end(), (socket: Socket) => void socket.write(OK)]) {
      expect(await ask(pool)).toMatchObject({ text: "ok" });
      await sleep(60);
    }
    expect(await ask(pool)).toMatchObject({ text: "ok" });
    expect(sockets).toHaveLength(3);
  });

  it("are no more than allowed; requests wait in turn, and one that is given up leaves its place", async () => {
    const waiting: Socket[] = [];
    const port = await serve((socket) => void waiting.push(socket));
    const pool = poolOf(port, { maxConnections: 1 });
    const first = ask(pool);
    const second = ask(pool, {}, (controller) => controller.abort(new Error("given up")));
    const third = ask(pool);
    for (const each of [first, third]) {
      await expect.poll(() => waiting.length).toBe(1);
      waiting.pop()!.write(OK);
      expect(await each).toMatchObject({ text: "ok" });
    }
    expect((await second).error?.message).toBe("given up");
    expect(sockets).toHaveLength(1);
  });

  it("of a request that is given up end; the next one gets another", async () => {
    const port = await serve((socket, bytes) => void (bytes.startsWith("GET /slow") || socket.write(OK)));
    const pool = poolOf(port);
    let controller: Dispatcher.DispatchController | undefined;
    const slow = ask(pool, { path: "/slow" }, (each) => (controller = each));
    await expect.poll(() => sockets.length).toBe(1);
    controller!.abort(new Error("given up"));
    expect((await slow).error?.message).toBe("given up");
    expect(await ask(pool)).toMatchObject({ text: "ok" });
    expect(sockets).toHaveLength(2);
  });

  it("that are retired finish what they have", async () => {
    const port = await serve((socket, bytes) => {
      setTimeout(() => socket.write(OK), bytes.startsWith("GET /slow") ? 50 : 0);
    });
    const pool = poolOf(port);
    await ask(pool);
    const slow = ask(pool, { path: "/slow" });
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await sleep(10);
    expect(closed).toBe(false);
    expect(await slow).toMatchObject({ text: "ok" });
    await closing;
  });

  it("that switch protocols are handed on with the bytes that came with the answer", async () => {
    const switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nfirst";
    const port = await serve((socket, bytes) => void socket.write(bytes.startsWith("GET") ? switching : `<${bytes}>`));
    const pool = poolOf(port);
    const text = await new Promise<string>((resolve, reject) => {
      pool.dispatch(
        { method: "GET", path: "/", headers: ["host", "a"], body: null, upgrade: "websocket" },
        {
          onRequestStart() {},
          onResponseError: (_, error) => reject(error),
          onRequestUpgrade(_, status, headers, socket) {
            let heard = `${status} ${String(headers["upgrade"])} `;
            socket.on("data", (chunk: Buffer) => {
              heard += chunk.toString();
              if (heard.endsWith("first")) socket.write("second");
              if (heard.endsWith("<second>")) resolve(heard);
            });
            socket.resume();
          },
        },
      );
    });
    expect(text).toBe("101 websocket first<second>");
  });
});
