// Serin's own echo image: answers with its version, and can be told to be bad in part (wrong answers, slow answers, slow
// start, a crash). Every answer names the version in the header x-echo-version and in its body, so that a client can
// tell this version's own failures from those of what lies between.
"use strict";

const { createServer } = require("node:http");
const { parseArgs } = require("node:util");
const { accessLine, flush, logTime, print } = require("./access-log.cjs");
const { keepLikeGo } = require("./go-http.cjs");
const { listenOn } = require("./listen-address.cjs");
const { stopOnSignal } = require("./shut-down.cjs");

const USAGE = `Usage: echo [options]
  --listen ADDRESS       address and port (default ":8080")
  --version NAME         the version that answers name (default: env ECHO_VERSION, else "v0")
  --text TEXT            body of good answers (default "hello from echo NAME")
  --fail-share SHARE     share of requests that fail: 0.3 or 30% (default 0)
  --fail-status CODE     their status (default 500)
  --seed NUMBER          which requests fail (default 1)
  --delay DURATION       waits before each answer: 20ms, 1.5s (default 0)
  --start-delay DURATION waits before it listens
  --crash-after WHAT     exits 1 after that many requests (100) or that time (30s)
`;
const OPTIONS = Object.fromEntries(
  [...USAGE.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => [name, { type: "string" }]),
);
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000 };

main();

function main() {
  const options = readOptions();
  setTimeout(() => serve(options), options.startDelayMs);
  if (options.crashAfterMs !== undefined) setTimeout(() => crash("its time was up"), options.crashAfterMs);
}

function readOptions() {
  try {
    return toOptions(parseArgs({ options: OPTIONS, allowPositionals: false }).values);
  } catch (error) {
    print(2, `${error.message}\n${USAGE}`);
    return process.exit(2);
  }
}

function toOptions(values) {
  const version = values.version ?? process.env.ECHO_VERSION ?? "v0";
  const crash = values["crash-after"];
  return {
    listen: values.listen ?? ":8080",
    version,
    text: values.text ?? `hello from echo ${version}`,
    failShare: share(values["fail-share"] ?? "0"),
    failStatus: whole("--fail-status", values["fail-status"] ?? "500"),
    seed: whole("--seed", values.seed ?? "1"),
    delayMs: duration("--delay", values.delay ?? "0ms"),
    startDelayMs: duration("--start-delay", values["start-delay"] ?? "0ms"),
    crashAfterRequests: /^\d+$/.test(crash ?? "") ? Number(crash) : undefined,
    crashAfterMs: crash === undefined || /^\d+$/.test(crash) ? undefined : duration("--crash-after", crash),
  };
}

function serve(options) {
  const random = mulberry32(options.seed);
  let requests = 0;
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    const startedNs = process.hrtime.bigint();
    const path = request.url.split("?")[0];
    keepLikeGo(request, response);
    if (path === "/health") return send(response, options, 200, '{"status":"ok"}\n');
    requests += 1;
    if (requests === options.crashAfterRequests) return crash(`it had ${requests} requests`);
    const fails = random() < options.failShare;
    const status = fails ? options.failStatus : 200;
    const body = fails ? `echo ${options.version} failed on purpose\n` : `${options.text}\n`;
    setTimeout(() => {
      send(response, options, status, body);
      accessLine({ request, path, status, length: Buffer.byteLength(body), startedNs });
    }, options.delayMs);
  });
  log(`[INFO] echo ${options.version} is listening on ${options.listen}`);
  listenOn(server, options.listen, (message) => {
    log(`[ERR] ${message}`);
    process.exit(1);
  });
  stopOnSignal(server, log);
}

function send(response, { version }, status, body) {
  response.writeHead(status, {
    "X-Echo-Version": version,
    "Content-Length": Buffer.byteLength(body),
    "Content-Type": "text/plain; charset=utf-8",
  });
  response.end(body);
}

function crash(why) {
  log(`[ERR] crashing on purpose: ${why}`);
  flush();
  process.exit(1);
}

/** A small seeded generator: https://en.wikipedia.org/wiki/Linear_congruential_generator has its relatives. */
function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function share(text) {
  const value = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(value >= 0 && value <= 1))
    throw new Error(`--fail-share ${text}: write a share between 0 and 1, or 0% to 100%`);
  return value;
}

function whole(name, text) {
  if (!/^\d+$/.test(text)) throw new Error(`${name} ${text}: write a whole number`);
  return Number(text);
}

function duration(name, text) {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) throw new Error(`${name} ${text}: write a duration such as 20ms, 1.5s or 2m`);
  return Number(match[1]) * UNIT_MS[match[2]];
}

function log(message) {
  print(2, `${logTime(new Date())} ${message}\n`);
}
