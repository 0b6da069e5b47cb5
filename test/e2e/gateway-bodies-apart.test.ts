// The gateway reads bodies into memory that it uses again. Each body here tells whose it is in every byte, and goes through all that
// holds on to it: slow readers, retries that send it again, mirrors, answers that are there before the request has ended.

import { createHash } from "node:crypto";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom } from "../../src/gateway/random.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster } from "../../testbed/gateway/world.ts";

const CLIENTS = 16;
const REQUESTS_EACH = 40;
const LARGEST_BYTES = 400_000;

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([
    {
      route: [{ destination: { host: "echo", subset: "v1" } }],
      retries: { attempts: 3, retryOn: "5xx" },
      mirror: { host: "echo", subset: "v2" },
    },
  ]);
  gateway = await startTestGateway(world.cluster);
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

function bodyOf(id: number, bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) body.writeUInt32LE((Math.imul(id, 0x9e3779b1) ^ i) >>> 0, i);
  return body;
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test.each([1, 2])(
  "every request and every answer has its own bytes, seed %i",
  async (seed) => {
    const random = seededRandom(seed);
    const attempts = new Map<string, number>();
    const mirrored = new Map<string, string>();
    const idOf = ({ url }: IncomingMessage) => url!.slice(1);
    await addPod("v1", async (incoming, response) => {
      const id = idOf(incoming);
      const attempt = (attempts.get(id) ?? 0) + 1;
      attempts.set(id, attempt);
      if (random() < 0.3) await sleep(random() * 20);
      // A quarter of them is sent twice, another three times.
      if (attempt <= Number(id) % 4 && Number(id) % 4 < 3) return refuse(incoming, response, random() < 0.5);
      const body = await buffer(incoming);
      response.setHeader("content-length", body.length);
      for (let at = 0; at < body.length; at += 100_000) {
        response.write(body.subarray(at, at + 100_000));
        if (random() < 0.2) await sleep(random() * 10);
      }
      response.end();
    });
    await addPod("v2", async (incoming, response) => {
      const body = await buffer(incoming).catch(() => undefined);
      if (body !== undefined) mirrored.set(idOf(incoming), hashOf(body));
      response.end();
    });
    await sleep(50);

    const agent = new Agent({ keepAlive: true });
    const sent = new Map<string, string>();
    const wrong: string[] = [];
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        for (let n = 0; n < REQUESTS_EACH; n++) {
          const id = client * REQUESTS_EACH + n;
          const body = bodyOf(id, Math.floor(random() ** 2 * LARGEST_BYTES));
          sent.set(String(id), hashOf(body));
          const { status, bytes } = await post(agent, `/${id}`, body, random);
          if (status !== 200 || !bytes.equals(body)) wrong.push(`${id}: ${status}, ${bytes.length} of ${body.length}`);
        }
      }),
    );
    agent.destroy();
    expect(wrong).toEqual([]);
    expect([...attempts.values()].some((count) => count > 1)).toBe(true);
    await expect.poll(() => mirrored.size).toBeGreaterThan(sent.size / 2);
    for (const [id, hash] of mirrored) expect([id, hash]).toEqual([id, sent.get(id)]);
  },
  60_000,
);

async function addPod(version: string, handle: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>) {
  await world.addPod(version, (incoming, response) => void handle(incoming, response));
}

/** With or without having read what came. */
async function refuse(incoming: IncomingMessage, response: ServerResponse, early: boolean): Promise<void> {
  if (!early) await buffer(incoming);
  response.writeHead(503).end("again");
  if (early) incoming.resume();
}

/** Sends in pieces, and is slow to read now and then. */
async function post(agent: Agent, path: string, body: Buffer, random: () => number) {
  const outgoing = request({
    agent,
    port: gateway.localPorts[80],
    path,
    method: "POST",
    headers: random() < 0.5 ? { "content-length": body.length } : {},
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    outgoing.once("response", resolve).once("error", reject),
  );
  const piece = random() < 0.5 ? body.length : 50_000;
  for (let at = 0; at < body.length; at += piece) {
    outgoing.write(body.subarray(at, at + piece));
    if (piece < body.length && random() < 0.3) await sleep(1);
  }
  outgoing.end();
  const answer = await answered;
  if (random() < 0.2) await sleep(random() * 50);
  return { status: answer.statusCode, bytes: await buffer(answer) };
}
