// Real kubectl, by WebSocket and by SPDY, and the official JavaScript client tunnel connections to pods of the sandbox.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig, PortForward } from "@kubernetes/client-node";
import { Agent, WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../testbed/free-ports.ts";
import {
  type Following,
  httpClientOf,
  type Kubectl,
  kubectlOf,
  type SandboxApi,
  startSandboxApi,
} from "./sandbox-api.ts";

// A pod's program: on one port it serves what is asked of it over plain TCP, on a second one it says who it is, on a third
// that the manifest does not declare it says so.
//   download N      N bytes, then its end
//   upload          reads until the client's end, then says how many bytes came and their digest
//   hold            reads nothing at all
//   reset           cuts the connection
//   count           how many connections are open
const PROGRAM = `
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { pipeline, Readable } from "node:stream";
const [ip, main, second] = process.argv.slice(2);
const open = new Set();
const piece = Buffer.alloc(251_000, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
function* pieces(size) {
  for (let left = size; left > 0; left -= piece.length) yield piece.subarray(0, left);
}
const serve = (socket, line, rest) => {
  const [verb, size] = line.split(" ");
  if (verb === "hold") return socket.pause();
  if (verb === "reset") return socket.resetAndDestroy();
  if (verb === "download") return pipeline(Readable.from(pieces(Number(size))), socket.resume(), () => {});
  if (verb === "count") return socket.resume().end(String(open.size));
  const hash = createHash("sha256").update(rest);
  let bytes = rest.length;
  socket.on("data", (chunk) => { hash.update(chunk); bytes += chunk.length; });
  socket.on("end", () => socket.end(bytes + " " + hash.digest("hex")));
};
createServer({ allowHalfOpen: true }, (socket) => {
  open.add(socket);
  socket.on("error", () => {}).on("close", () => open.delete(socket));
  let text = Buffer.alloc(0);
  const leave = () => socket.end();
  socket.on("end", leave).on("data", function first(chunk) {
    text = Buffer.concat([text, chunk]);
    const end = text.indexOf("\\n");
    if (end < 0) return;
    socket.off("data", first).off("end", leave);
    serve(socket, text.toString("latin1", 0, end), text.subarray(end + 1));
  });
}).listen(Number(main), ip);
createServer((socket) => socket.end("second\\n")).listen(Number(second), ip);
createServer((socket) => socket.end("undeclared\\n")).listen(9555, ip);
`;

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: tunnel}
spec:
  selector: {matchLabels: {app: tunnel}}
  template:
    metadata: {labels: {app: tunnel}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: main
          image: example/tunnel:1
          ports: [{name: main, containerPort: 9100}, {name: second, containerPort: 9101}]
          readinessProbe: {tcpSocket: {port: main}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: tunnel}
spec:
  selector: {app: tunnel}
  ports: [{name: plain, port: 80, targetPort: main}, {name: other, port: 81, targetPort: 9101}]
`;

let api: SandboxApi;
let kubectl: Kubectl;
let folder: string;
let catalogueFile: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "serin-tunnel-"));
  catalogueFile = join(folder, "serin-sandbox.yaml");
  const program = join(folder, "program.mjs");
  writeFileSync(program, PROGRAM);
  writeFileSync(
    catalogueFile,
    `images:\n  - image: example/tunnel\n    command: [${process.execPath}, ${program}, $(POD_IP), $(PORT_main), $(PORT_second)]\n`,
  );
  api = await startSandboxApi({ runtime: true, catalogueFile });
  kubectl = kubectlOf(api);
  await kubectl.with(MANIFEST, "apply", "-f", "-");
  await kubectl("rollout", "status", "deployment/tunnel", "--timeout=30s");
});

afterAll(() => {
  // The last test stops the sandbox.
  expect(api.complaints).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

const podName = () => kubectl("get", "pods", "-l", "app=tunnel", "-o", "jsonpath={.items[0].metadata.name}");

/** A running `kubectl port-forward` and the local ports that it chose, in the order of its arguments. */
async function forward(by: Kubectl, ...args: string[]): Promise<{ ports: number[]; tunnel: Following }> {
  const wanted = args.filter((arg) => arg.includes(":")).length;
  const tunnel = by.follow("port-forward", "--address", "127.0.0.1", ...args);
  const text = await tunnel.until(new RegExp(`(Forwarding from .*\\n){${wanted}}`));
  return { ports: [...text.matchAll(/Forwarding from 127\.0\.0\.1:(\d+)/g)].map((match) => Number(match[1])), tunnel };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** All that comes back, and whether the connection ended as it should. */
async function ask(port: number, request: string | Buffer, end = false): Promise<Buffer> {
  const socket = await dial(port);
  if (end) socket.end(request);
  else socket.write(request);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const blob = (size: number) => Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
const SIZE = 5_000_000;

describe.each([
  { by: "SPDY in a WebSocket", webSockets: "true" },
  { by: "SPDY by HTTP upgrade", webSockets: "false" },
])("kubectl by $by", ({ webSockets }) => {
  let tunnel: Following;
  let port: number;

  beforeAll(async () => {
    const opened = await forward(
      kubectlOf(api, { KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets }),
      `pod/${await podName()}`,
      ":9100",
    );
    tunnel = opened.tunnel;
    port = opened.ports[0]!;
  });
  afterAll(() => tunnel.stop());

  test("answers, one after the other", async () => {
    for (let turn = 0; turn < 5; turn += 1) expect(await ask(port, "download 1000\n")).toEqual(blob(1000));
  });

  test("50 downloads of 5 MB at once arrive to the byte", async () => {
    const wanted = sha256(blob(SIZE));
    const got = await Promise.all(Array.from({ length: 50 }, () => ask(port, `download ${SIZE}\n`)));
    expect(got.map((bytes) => `${bytes.length} ${sha256(bytes)}`)).toEqual(got.map(() => `${SIZE} ${wanted}`));
  });

  test("an upload ends, and its answer comes afterwards", async () => {
    const body = blob(SIZE);
    const answer = await ask(port, Buffer.concat([Buffer.from("upload\n"), body]), true);
    expect(answer.toString()).toBe(`${SIZE} ${sha256(body)}`);
  });

  test("a local program that goes away in the middle leaves nothing open, and the tunnel goes on", async () => {
    const before = (await ask(port, "count\n")).toString();
    const gone = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = await dial(port);
        socket.write("download 500000000\n");
        await once(socket, "data");
        return socket;
      }),
    );
    for (const socket of gone) socket.resetAndDestroy();
    await expect.poll(async () => (await ask(port, "count\n")).toString(), { timeout: 15_000 }).toBe(before);
  });

  test("a connection that the pod cuts ends alone", async () => {
    expect((await ask(port, "reset\n").catch(() => Buffer.alloc(0))).length).toBe(0);
    expect(await ask(port, "download 10\n")).toEqual(blob(10));
  });

  test("a pod that reads nothing holds back what is sent to it", async () => {
    const socket = await dial(port);
    socket.write("hold\n");
    let sent = 0;
    const chunk = blob(100_000);
    while (sent < 100_000_000 && socket.write(chunk)) sent += chunk.length;
    while (sent < 100_000_000) {
      const drained = await Promise.race([once(socket, "drain"), sleep(500)]);
      if (drained === undefined) break;
      sent += chunk.length;
      socket.write(chunk);
    }
    expect(sent).toBeLessThan(100_000_000);
    socket.resetAndDestroy();
  });
});

test("several ports at once: by number, by name, and of one's own choice", async () => {
  const pod = await podName();
  const free = await freePort();
  const { ports, tunnel } = await forward(kubectl, `pod/${pod}`, ":main", ":9101", `${free}:9555`);
  expect(ports[2]).toBe(free);
  expect(await ask(ports[0]!, "download 3\n")).toEqual(blob(3));
  expect((await ask(ports[1]!, "")).toString()).toBe("second\n");
  expect((await ask(ports[2]!, "")).toString()).toBe("undeclared\n");
  await tunnel.stop();
});

test("a Service by its ports' names and numbers, a Deployment by its pods' ports", async () => {
  const service = await forward(kubectl, "svc/tunnel", ":plain", ":81");
  expect(await ask(service.ports[0]!, "download 3\n")).toEqual(blob(3));
  expect((await ask(service.ports[1]!, "")).toString()).toBe("second\n");
  await service.tunnel.stop();
  const deployment = await forward(kubectl, "deploy/tunnel", ":second");
  expect((await ask(deployment.ports[0]!, "")).toString()).toBe("second\n");
  await deployment.tunnel.stop();
});

test("a port where the pod does not listen: kubectl says who refused, though something else on this machine listens there", async () => {
  const stranger = createServer((socket) => socket.end("not for you")).listen(0, "0.0.0.0");
  await once(stranger, "listening");
  const { port: taken } = stranger.address() as AddressInfo;
  const { ports, tunnel } = await forward(kubectl, `pod/${await podName()}`, `:${taken}`);
  expect((await ask(ports[0]!, "x").catch(() => Buffer.alloc(0))).toString()).toBe("");
  const said = await tunnel.until(/error forwarding port/);
  expect(said).toMatch(
    new RegExp(
      `an error occurred forwarding ${ports[0]} -> ${taken}: error forwarding port ${taken} to pod tunnel-\\S+, uid \\S+: .*connection refused`,
    ),
  );
  await tunnel.stop();
  stranger.close();
});

test("what cannot be is refused before the tunnel", async () => {
  const { ask: http, close } = httpClientOf(api);
  const upgrade = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "portforward.k8s.io" };
  const base = "/api/v1/namespaces/default/pods";
  const to = (pod: string, headers: Record<string, string>, method = "POST") =>
    http(`${base}/${pod}/portforward?ports=9100`, { method, headers });
  const nobody = await to("nobody", upgrade);
  expect(nobody.code).toBe(404);
  expect(nobody.json().message).toBe('pods "nobody" not found');
  const pod = await podName();
  expect((await to(pod, { ...upgrade, authorization: "Bearer wrong" })).code).toBe(401);
  expect((await to(pod, { ...upgrade, host: "evil.example" })).code).toBe(421);
  expect((await to(pod, {})).text).toContain("Upgrade request required");
  expect((await to(pod, { ...upgrade, "x-stream-protocol-version": "v9" })).text).toContain(
    "must name portforward.k8s.io",
  );
  await kubectl("create", "deployment", "lost", "--image=example/unknown:1");
  const lost = await expect
    .poll(() => kubectl("get", "pods", "-l", "app=lost", "-o", "jsonpath={.items[*].metadata.name}"))
    .toMatch(/^lost-/)
    .then(() => kubectl("get", "pods", "-l", "app=lost", "-o", "jsonpath={.items[0].metadata.name}"));
  expect((await to(lost, upgrade)).text).toMatch(/unable to forward port because pod lost-\S+ is not running/);
  await kubectl("delete", "deployment", "lost");
  close();
});

test("exec, attach and cp stay refused, and say what to do instead", async () => {
  const pod = await podName();
  for (const args of [
    ["exec", pod, "--", "ls"],
    ["cp", join(folder, "program.mjs"), `${pod}:/tmp/x`],
  ])
    expect((await kubectl.run(args)).stderr).toContain("nothing that a client names is executed");
  expect((await kubectl.run(["attach", pod])).stderr).toContain("follow their output with kubectl logs -f");
});

describe("the official JavaScript client", () => {
  async function converse(port: number, request: string, ends = false): Promise<{ data: string; error: string }> {
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const text = { data: "", error: "" };
    output.on("data", (bytes: Buffer) => (text.data += bytes.toString()));
    errors.on("data", (bytes: Buffer) => (text.error += bytes.toString()));
    const opened = await new PortForward(config).portForward("default", await podName(), [port], output, errors, input);
    const socket = opened as unknown as EventTarget;
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    input.write(request);
    // It closes the WebSocket then.
    if (ends) input.end();
    await closed;
    return text;
  }

  test("converses with a pod, and hears its end", async () => {
    expect(await converse(9101, "hello")).toEqual({ data: "second\n", error: "" });
    const { data } = await converse(9100, `download ${SIZE}\n`);
    expect(data.length).toBeGreaterThan(SIZE / 2);
  });

  test("hears the pod's last words after it has closed", async () => {
    expect((await converse(9100, "upload\nsome bytes", true)).data).toMatch(/^10 [0-9a-f]{64}$/);
  });

  test("is told why it cannot", async () => {
    expect((await converse(9999, "")).error).toMatch(/error forwarding port 9999 to pod .*connection refused/);
  });
});

describe("a WebSocket of another maker (undici's)", () => {
  let http: ReturnType<typeof httpClientOf>;
  let dispatcher: Agent;
  beforeAll(() => {
    http = httpClientOf(api);
    dispatcher = new Agent({ connect: { ca: http.ca, servername: "localhost" } });
  });
  afterAll(() => dispatcher.close());

  async function open(ports: string): Promise<WebSocket> {
    const url = `${api.url.replace("https", "wss")}/api/v1/namespaces/default/pods/${await podName()}/portforward?${ports}`;
    const headers = { authorization: `Bearer ${http.token}` };
    const socket = new WebSocket(url, { protocols: ["v4.channel.k8s.io"], headers, dispatcher });
    socket.binaryType = "arraybuffer";
    return socket;
  }

  /** What came on each channel until the server closed, and its code. */
  function gather(socket: WebSocket): Promise<{ code: number; channels: Map<number, Buffer> }> {
    const channels = new Map<number, Buffer>();
    socket.addEventListener("message", ({ data }) => {
      const [channel = 0, ...bytes] = Buffer.from(data as ArrayBuffer);
      channels.set(channel, Buffer.concat([channels.get(channel) ?? Buffer.alloc(0), Buffer.from(bytes)]));
    });
    return new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve({ code, channels })));
  }

  test("two ports on one connection, and what came is whole when the server says goodbye", async () => {
    const socket = await open("ports=9100&ports=9101,9999");
    const gathered = gather(socket);
    socket.addEventListener("open", () => socket.send(Buffer.from("\0download 300000\n")));
    const { code, channels } = await gathered;
    expect(code).toBe(1000);
    // Each channel begins with its port, the lower byte first.
    expect(channels.get(0)).toEqual(Buffer.concat([Buffer.of(9100 & 0xff, 9100 >> 8), blob(300_000)]));
    expect(channels.get(2)?.subarray(2).toString()).toBe("second\n");
    expect(channels.get(5)?.subarray(2).toString()).toMatch(/error forwarding port 9999 .*connection refused/);
  });

  test("text is none of this protocol", async () => {
    const socket = await open("ports=9100");
    const refused = gather(socket);
    socket.addEventListener("open", () => socket.send("text"));
    expect((await refused).code).toBe(1003);
  });
});

test("the tunnel ends with its pod", async () => {
  const { ports, tunnel } = await forward(kubectl, `pod/${await podName()}`, ":9100");
  expect(await ask(ports[0]!, "download 3\n")).toEqual(blob(3));
  await kubectl("delete", "pod", await podName(), "--wait=false");
  expect(await tunnel.exited).toBe(1);
  expect(tunnel.text()).toContain("error: lost connection to pod");
  await kubectl("rollout", "status", "deployment/tunnel", "--timeout=30s");
});

test("where pods share 127.0.0.1, a declared port is found where it really is, any other one is nobody's", async () => {
  const shared = await startSandboxApi({ runtime: true, catalogueFile, addressMode: "ports" });
  const there = kubectlOf(shared);
  await there.with(MANIFEST, "apply", "-f", "-");
  await there("rollout", "status", "deployment/tunnel", "--timeout=30s");
  const { ports, tunnel } = await forward(there, "deploy/tunnel", ":9101", ":9555");
  expect((await ask(ports[0]!, "")).toString()).toBe("second\n");
  await ask(ports[1]!, "").catch(() => {});
  await tunnel.until(/the pod declares no port 9555.*add it to spec\.containers\[0\]\.ports/);
  await tunnel.stop();
  expect(shared.complaints).toEqual([]);
  await shared.stop();
});

test("it ends with the sandbox too, at once", async () => {
  const { ports, tunnel } = await forward(kubectl, "deploy/tunnel", ":9100");
  const socket = await dial(ports[0]!);
  socket.write("download 500000000\n");
  await once(socket, "data");
  const startedMs = performance.now();
  await api.stop();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(await tunnel.exited).toBe(1);
  socket.destroy();
});
