// The same bad clients before the gateway, a real Envoy set up as istiod sets up an ingress gateway's, and nginx where it is
// installed: what is answered, whether the connection ends, what reaches the upstream. Nothing that was not meant gets through any of them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import { freePort, freePorts } from "../../testbed/free-ports.ts";
import { BAD_REQUESTS } from "../../testbed/gateway/bad-requests.ts";
import { type Answer, answerAtOnce, ExactingUpstream } from "../../testbed/gateway/exacting-upstream.ts";
import { FIN, type Step, type Talk, talk } from "../../testbed/gateway/raw-client.ts";
import { EchoWorld, openTestCluster, realClock, silentLog } from "../../testbed/gateway/world.ts";
import { startChild } from "../../testbed/mesh/child.ts";
import { envoyProgram } from "../../testbed/mesh/programs.ts";
import { startStaticEnvoy } from "../../testbed/mesh/static-envoy.ts";

interface Proxy {
  name: string;
  port: number;
  upstream: ExactingUpstream;
}

const LIMITS = { headMs: 1_500, stallMs: 1_500, idleMs: 60_000 };

const stack = new AsyncDisposableStack();
let gateway: Proxy;
let envoy: Proxy;
let nginx: Proxy | undefined;

beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), "bad-clients-"));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  gateway = await startOurs();
  envoy = await startReal(home);
  nginx = await startNginx(home);
});

afterAll(() => stack.disposeAsync());

async function startUpstream(): Promise<ExactingUpstream> {
  const upstream = new ExactingUpstream();
  await new Promise<void>((resolve) => upstream.server.listen(0, "127.0.0.1", resolve));
  stack.defer(() => {
    upstream.closeConnections();
    upstream.server.close();
  });
  return upstream;
}

function portOf(upstream: ExactingUpstream): number {
  return (upstream.server.address() as { port: number }).port;
}

async function startOurs(): Promise<Proxy> {
  const upstream = await startUpstream();
  const sandbox = await openTestCluster();
  stack.defer(() => sandbox.close());
  const world = new EchoWorld(sandbox.cluster);
  await world.setUp([{ route: [{ destination: { host: "echo" } }] }]);
  await world.addPort("v1", portOf(upstream), undefined);
  const options = { cluster: sandbox.cluster, clock: realClock, log: silentLog, statsPort: 0, seed: 7 };
  const running = await startGateway({ ...options, ports: { 80: 0 }, timeLimits: LIMITS });
  stack.defer(() => running.stop());
  return { name: "gateway", port: running.localPorts[80]!, upstream };
}

/** The time limits as Istio's profile EDGE sets them, only shorter. */
async function startReal(home: string): Promise<Proxy> {
  const upstream = await startUpstream();
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const manager = {
    request_headers_timeout: `${LIMITS.headMs / 1_000}s`,
    stream_idle_timeout: `${LIMITS.stallMs / 1_000}s`,
  };
  const program = envoyProgram();
  const { child } = startStaticEnvoy({ program, home, port, adminPort, upstreamPort: portOf(upstream), manager });
  stack.defer(() => child.stop());
  await child.until(async () => (await talk([get("/ready")], { port, answers: 1 })).statuses[0] === 200);
  upstream.take();
  return { name: "Envoy", port, upstream };
}

async function startNginx(home: string): Promise<Proxy | undefined> {
  if (!isInstalled("nginx")) return undefined;
  const upstream = await startUpstream();
  const port = await freePort();
  const file = join(home, "nginx.conf");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) => `${each}_temp_path ${home}/${each};`);
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${home}/nginx.pid; error_log ${home}/error.log;
     events { worker_connections 512; }
     http { access_log off; ${temp.join(" ")} client_header_timeout 1500ms; client_body_timeout 1500ms;
       upstream u { server 127.0.0.1:${portOf(upstream)}; keepalive 8; }
       server { listen 127.0.0.1:${port}; location / {
         proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; } } }`,
  );
  const child = startChild({ home, name: "nginx", program: "nginx", args: ["-p", home, "-c", file] });
  stack.defer(() => child.stop());
  await child.until(async () => (await talk([get("/ready")], { port, answers: 1 })).statuses[0] === 200);
  upstream.take();
  return { name: "nginx", port, upstream };
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: a.example\r\n\r\n`;
}

interface Outcome {
  statuses: number[];
  /** Ended, or announced: Envoy leaves a second between. */
  ends: boolean;
  reached: string[];
  faults: string[];
}

async function outcome(proxy: Proxy, steps: readonly Step[], quietMs: number, answer = answerAtOnce): Promise<Outcome> {
  proxy.upstream.answer = answer;
  const said = await talk(steps, { port: proxy.port, quietMs });
  const { targets, faults } = proxy.upstream.take();
  return { statuses: said.statuses, ends: said.ended || announcesEnd(said), reached: targets, faults };
}

function announcesEnd({ text }: Talk): boolean {
  return /connection: close/i.test(text.slice(text.lastIndexOf("HTTP/1.1")));
}

/** Where the gateway is stricter than Envoy, which repairs what it gets, or says the same in another way. None lets more through. */
const STRICTER: ReadonlyMap<RegExp, string> = new Map([
  [/^transfer-encoding .* alone$|^two transfer-encodings/, "400 instead of 501: Node's parser"],
  [/^a very long method$|^HTTP\/1\.2$/, "400 instead of 431 and 426: Node's parser"],
  [/^folded header$|^transfer-encoding folded into|line ends bare$/, "refused instead of unfolded or joined"],
  [
    /^transfer-encoding behind a bare carriage return$|^a bare carriage return in a value$/,
    "refused instead of repaired: Node's parser",
  ],
  [/^chunk end with a bare line feed$/, "refused instead of repaired: Node's parser"],
  [/^space behind the chunk size$|^chunk longer than its size$|^huge chunk extension$/, "refused instead of repaired"],
  [/^framing in the trailers$|^a tab in the request line$/, "refused instead of repaired: Node's parser"],
  [/^two hosts$/, "refused instead of joined by a comma"],
]);

describe.each(BAD_REQUESTS.map((each) => [each.name, each] as const))("%s", (name, { bytes, meant }) => {
  const steps = [Buffer.from(bytes, "latin1")];

  test("is answered as Envoy does, or refused", async () => {
    const [ours, real] = await Promise.all([outcome(gateway, steps, 200), outcome(envoy, steps, 200)]);
    for (const { reached, faults } of [ours, real]) {
      expect(faults).toEqual([]);
      expect(meant.filter((target) => reached.includes(target))).toEqual(reached);
    }
    const reason = [...STRICTER].find(([pattern]) => pattern.test(name))?.[1];
    // Envoy keeps the connection and says GOAWAY in frames, which this client cannot read.
    if (name === "an HTTP/2 preface that goes wrong") return expect([ours.reached, real.reached]).toEqual([[], []]);
    if (reason === undefined) return expect(ours).toEqual(real);
    expect(ours).not.toEqual(real);
    expect(ours).toEqual({ statuses: [400], ends: true, reached: [], faults: [] });
  });

  test("gets nothing else through nginx", async ({ skip }) => {
    if (nginx === undefined) return skip("nginx is not installed");
    const { reached } = await outcome(nginx, steps, 100);
    // It takes a bare line feed for a line's end: then what follows the last chunk is a request of its own.
    if (name === "last chunk with bare line feeds") return expect(reached).toEqual(["/meant", "/smuggled"]);
    expect(reached.length).toBeLessThanOrEqual(Math.max(meant.length, 1));
    expect(reached).not.toContain("/smuggled");
  });
});

const post = "POST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n";
const never: Answer = () => {};

describe("time", () => {
  test.each<[string, Step[], Answer, boolean]>([
    ["a head byte by byte", "GET / HTTP/1.1\r\nho".split("").flatMap((byte) => [byte, 100]), answerAtOnce, true],
    ["a body that stands still", [`${post}abc`], answerAtOnce, true],
    ["a body that comes slowly", [post, ..."0123456789".split("").flatMap((byte) => [300, byte])], answerAtOnce, true],
    ["a half-closed client", [get("/half"), 100, FIN], never, true],
    ["half a head, then nothing more to come", ["GET / HT", 50, FIN], answerAtOnce, true],
    ["half a body, then nothing more to come", [`${post}abc`, 50, FIN], answerAtOnce, true],
  ])("%s: as Envoy", async (_, steps, answer) => {
    const [ours, real] = await Promise.all([
      outcome(gateway, steps, 4_000, answer),
      outcome(envoy, steps, 4_000, answer),
    ]);
    expect(ours).toEqual(real);
  });

  test("Envoy's limit for quiet streams would cut who only waits for an answer; the gateway's does not", async () => {
    const late: Answer = (request, reply) => void setTimeout(() => answerAtOnce(request, reply), LIMITS.stallMs * 2);
    const [ours, real] = await Promise.all([
      outcome(gateway, [get("/x")], 4_000, late),
      outcome(envoy, [get("/x")], 4_000, late),
    ]);
    expect([ours.statuses, real.statuses]).toEqual([[200], [504]]);
  });
});
