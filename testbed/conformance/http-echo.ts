// What http-echo does, seen from outside: exit codes, words, answers, log lines, signals. The same questions go to the
// real program and to the sandbox's stand-in, and the facts must be equal.
//
//   HTTP_ECHO_BINARY=/path/to/http-echo node testbed/conformance/http-echo.ts            compares, exit 1 on a difference
//   HTTP_ECHO_BINARY=/path/to/http-echo node testbed/conformance/http-echo.ts --write    stores the real program's facts
//
// The real one: `go build` of github.com/hashicorp/http-echo v1.0.0 with -ldflags "-X …/version.Version=1.0.0
// -X …/version.GitCommit=866d8f8 -X …/version.Timestamp=x".

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-ports.ts";

const APPS = join(import.meta.dirname, "..", "..", "src", "sandbox", "apps");
export const STAND_IN = [process.execPath, join(APPS, "http-echo.cjs")];
const GOLDEN_FILE = join(APPS, "testdata", "http-echo.json");

export type Facts = Record<string, unknown>;

/** Differences that are known and kept, each with its reason. */
const KNOWN_DIFFERENCES: Record<string, string> = {
  "request: HTTP/1.0":
    "Node answers HTTP/1.0 requests with the protocol's newest minor version, as RFC 9110 section 6.2 allows",
  "request: HTTP/1.0 keep-alive": "the same",
  ...Object.fromEntries(
    [
      "double slashes",
      "dot segments",
      "a redirect of HEAD",
      "a redirect of POST",
      "a redirect with special characters",
    ].map((name) => [`request: ${name}`, "the published build answers 301; Go's router answers 307 from 1.26 on"]),
  ),
  "request: no Host": "both answer 400; the words of Node's parser differ",
  "request: bad escape": "both answer 400 and close; the words differ",
  "request: garbage": "both answer 400 and close; the words differ",
};

export function goldenFacts(): Facts {
  return JSON.parse(readFileSync(GOLDEN_FILE, "utf8")) as Facts;
}

/** The facts that must be equal. What a build was told to call itself (its linker flags) is none of them. */
export function comparable(facts: Facts): Facts {
  const kept = Object.entries(facts).filter(
    ([name]) => KNOWN_DIFFERENCES[name] === undefined && !/version/i.test(name),
  );
  return JSON.parse(
    JSON.stringify(Object.fromEntries(kept)).replaceAll(/X-App-Version: [^"]*/g, "X-App-Version: VERSION"),
  ) as Facts;
}

export async function observe(program: string[]): Promise<Facts> {
  const facts: Facts = {};
  for (const [name, { args, env = {} }] of Object.entries(await commandLines()))
    facts[`command: ${name}`] = await runToEnd(program, args, env);
  Object.assign(facts, await observeRequests(program, ["-text=hello there"], REQUESTS));
  Object.assign(facts, await observeRequests(program, ["-text=gone", "-status-code=404"], { "status 404": get("/") }));
  Object.assign(facts, await observeRequests(program, ["-text=none", "-status-code=204"], { "status 204": get("/") }));
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    facts[`signal: ${signal}`] = await observeSignal(program, signal);
  return facts;
}

async function commandLines(): Promise<Record<string, { args: string[]; env?: Record<string, string> }>> {
  const busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
  busy.unref();
  const { port } = busy.address() as AddressInfo;
  return {
    "no text": { args: [] },
    "empty text": { args: ["-text="] },
    "empty variable": { args: [], env: { ECHO_TEXT: "" } },
    "too many arguments": { args: ["-text", "a", "b"] },
    "arguments after --": { args: ["--text", "a", "--", "-x"] },
    "a lone dash": { args: ["-text=a", "-"] },
    "unknown flag": { args: ["-nope"] },
    "three dashes": { args: ["---text"] },
    "no name": { args: ["-=x"] },
    help: { args: ["-h"] },
    "missing value": { args: ["-text"] },
    "not a number": { args: ["-status-code=abc"] },
    "too large a number": { args: ["-status-code", "99999999999999999999"] },
    "not a boolean": { args: ["-version=maybe"] },
    version: { args: ["-version"] },
    "version true": { args: ["--version=T"] },
    "invalid port": { args: ["-text=a", "-listen=:99999"] },
    "no port": { args: ["-text=a", "-listen=nonsense"] },
    "too many colons": { args: ["-text=a", "-listen=a:b:c"] },
    "unknown port name": { args: ["-text=a", "-listen=127.0.0.1:1x"] },
    "address in use": { args: ["-text=a", `-listen=127.0.0.1:${port}`] },
    "address of another": { args: ["-text=a", "-listen=192.0.2.1:8080"] },
  };
}

const get = (path: string, lines = "Host: echo.test\r\nUser-Agent: probe/1\r\nConnection: close\r\n") =>
  `GET ${path} HTTP/1.1\r\n${lines}\r\n`;
const method = (name: string, path: string) => get(path).replace("GET", name);

const REQUESTS: Record<string, string> = {
  root: get("/"),
  "any path and query": get("/a/b?x=1&y=2"),
  "an encoded path": get("/z%20q%2Fr"),
  health: get("/health"),
  "below health": get("/health/"),
  HEAD: method("HEAD", "/"),
  POST: get("/", "Host: echo.test\r\nContent-Length: 3\r\nConnection: close\r\n").replace("GET", "POST").concat("abc"),
  DELETE: method("DELETE", "/x"),
  "double slashes": get("//x//y/?q=1"),
  "dot segments": get("/a/../b/./c"),
  "a redirect of HEAD": method("HEAD", "//x"),
  "a redirect of POST": method("POST", "//x"),
  "a redirect with special characters": get("//a&b<c>%20d"),
  "two on one connection": get("/1", "Host: echo.test\r\n") + get("/2"),
  "an absolute target": get("http://other.test/x"),
  "HTTP/1.0": "GET /old HTTP/1.0\r\n\r\n",
  "HTTP/1.0 keep-alive": "GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  "no Host": "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
  "bad escape": get("/%zz"),
  garbage: "what is this\r\n\r\n",
};

async function observeRequests(program: string[], args: string[], requests: Record<string, string>): Promise<Facts> {
  const server = await start(program, args);
  const facts: Facts = {};
  for (const [name, request] of Object.entries(requests)) {
    const before = server.stdout().length;
    const answer = await exchange(server.port, request);
    await sleep(20);
    facts[`request: ${name}`] = { answer, log: normalLog(server.stdout().slice(before), server.port) };
  }
  server.child.kill("SIGKILL");
  await server.exited;
  return facts;
}

/** An idle connection is closed, a new one refused, and a second signal changes nothing. */
async function observeSignal(program: string[], signal: NodeJS.Signals): Promise<unknown> {
  const server = await start(program, ["-text=x"]);
  const idle = connect(server.port, "127.0.0.1");
  idle.on("error", () => {}).resume();
  const closed = new Promise((resolve) => idle.once("close", () => resolve(true)));
  idle.write(get("/", "Host: echo.test\r\n"));
  await sleep(100);
  server.child.kill(signal);
  const idleClosed = await Promise.race([closed, sleep(1_000).then(() => false)]);
  const afterwards = await exchange(server.port, get("/"));
  server.child.kill(signal);
  return { code: await server.exited, idleClosed, afterwards, stderr: normal(server.stderr(), server.port) };
}

interface Server {
  child: ReturnType<typeof spawn>;
  port: number;
  stdout: () => string;
  stderr: () => string;
  exited: Promise<unknown>;
}

async function start(program: string[], args: string[]): Promise<Server> {
  const port = await freePort();
  const running = launch(program, [`-listen=127.0.0.1:${port}`, ...args], {});
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await exchange(port, get("/health"))) !== "no connection") return { ...running, port };
    await sleep(10);
  }
  throw new Error(`${program.join(" ")} does not listen: ${running.stderr()}`);
}

async function runToEnd(program: string[], args: string[], env: Record<string, string>): Promise<unknown> {
  const { stdout, stderr, exited } = launch(program, args, env);
  const code = await exited;
  return { code, stdout: normal(stdout()), stderr: normal(stderr()) };
}

function launch([command = "", ...first]: string[], args: string[], env: Record<string, string>) {
  const child = spawn(command, [...first, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (part: string) => (text[name] += part));
  const exited = new Promise<unknown>((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  return { child, stdout: () => text.stdout, stderr: () => text.stderr, exited };
}

function exchange(port: number, request: string): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const end = () => {
      socket.destroy();
      resolve(text === "" ? "no answer" : split(text));
    };
    socket.setTimeout(300, end);
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.once("connect", () => socket.write(request));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ECONNREFUSED" ? "no connection" : text),
    );
    socket.once("end", end);
  });
}

/** Answers with their header lines sorted: their order has no meaning. */
function split(text: string): unknown[] {
  return text.split(/(?=^HTTP\/1)/m).map((answer) => {
    const end = answer.indexOf("\r\n\r\n");
    const [status = "", ...headers] = answer.slice(0, end).split("\r\n");
    return {
      status,
      headers: headers.map((line) => line.replace(/^Date: .*/, "Date: DATE")).sort(),
      body: answer.slice(end + 4),
    };
  });
}

function normal(text: string, port?: number): string {
  return text
    .replaceAll(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/gm, "TIME")
    .replaceAll(/Usage of .*:/g, "Usage of PROGRAM:")
    .replaceAll(/Built: .*/g, "Built: DATE")
    .replaceAll(/127\.0\.0\.1:\d{4,}/g, "ADDRESS")
    .replaceAll(String(port ?? "no port"), "PORT");
}

function normalLog(text: string, port: number): string {
  return normal(text, port).replaceAll(/ \d+(\.\d+)?(ns|µs|ms|s)$/gm, " TOOK");
}

function report(real: Facts, standIn: Facts): number {
  let different = 0;
  for (const [name, fact] of Object.entries(real)) {
    if (JSON.stringify(fact) === JSON.stringify(standIn[name])) continue;
    console.log(`DIFFERENT ${name}\n  real:     ${JSON.stringify(fact)}\n  stand-in: ${JSON.stringify(standIn[name])}`);
    different += 1;
  }
  for (const [name, reason] of Object.entries(KNOWN_DIFFERENCES)) console.log(`known     ${name} (${reason})`);
  console.log(`${Object.keys(real).length} facts compared, ${different} different`);
  return different;
}

async function main(): Promise<void> {
  const binary = process.env.HTTP_ECHO_BINARY ?? process.argv.slice(2).find((word) => !word.startsWith("--"));
  if (binary === undefined) {
    console.error("Name the real program: HTTP_ECHO_BINARY=/path/to/http-echo, or its path as an argument.");
    process.exit(2);
  }
  const real = await observe([binary]);
  if (process.argv.includes("--write")) writeFileSync(GOLDEN_FILE, `${JSON.stringify(real, null, 2)}\n`);
  process.exit(report(comparable(real), comparable(await observe(STAND_IN))) === 0 ? 0 : 1);
}

if (import.meta.main) await main();
