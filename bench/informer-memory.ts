// `npm run bench:informer-memory`: a million changes through the sandbox's store, on a file, with an informer and a watch over HTTPS
// attached. Memory after a collection is noted on the way; from the first quarter on it must not grow. Fails when it does.
// BENCH_EVENTS sets another number of changes.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../src/adapters/telemetry/clock.ts";
import type { KubeObject } from "../src/core/kubernetes/object.ts";
import { VIRTUAL_SERVICES } from "../src/core/kubernetes/resource.ts";
import { Informer } from "../src/informer/informer.ts";
import type { Cluster } from "../src/ports/cluster.ts";
import { serveApi } from "../src/sandbox/cluster/http/serve.ts";
import { openSandboxCluster } from "../src/sandbox/cluster/open.ts";

const EVENTS = Number(process.env.BENCH_EVENTS ?? 1_000_000);
const OBJECTS = 500;
const SAMPLES = 40;
/** Changes between two looks at who lags: well within the watch window, as no watcher may be sent away. */
const BATCH = 250;
/** Per event. One leaked object would be a kilobyte, one leaked closure a hundred bytes. */
const HEAP_TARGET_BYTES = 2;
const RESIDENT_TARGET_BYTES = 20;

interface Sample {
  events: number;
  seconds: number;
  heapMb: number;
  residentMb: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const home = mkdtempSync(join(tmpdir(), "serin-memory-"));
try {
  await main();
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const clock = systemClock();
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (text: string) => process.stderr.write(`${text}\n`),
  };
  const sandbox = await openSandboxCluster({ dataFile: join(home, "data.sqlite"), clock, log });
  const api = await serveApi({ sandbox, port: 0, homeDir: home, clock, log });
  const stop = new AbortController();
  const informer = new Informer({ cluster: sandbox.cluster, resource: VIRTUAL_SERVICES, clock, log });
  let [seenByInformer, seenByWatch] = [0, 0];
  informer.onChange(() => seenByInformer++);
  const running = informer.start(stop.signal);
  await informer.synced;
  const closeWatch = watch(api.url, () => seenByWatch++);
  const samples = await change(sandbox.cluster, async (done) => {
    while (done - Math.min(seenByInformer, seenByWatch) > BATCH) await nextTurn();
  });
  closeWatch();
  stop.abort();
  await running;
  await api.close();
  await sandbox.close();
  report(samples);
}

/** Creates, changes and deletes by turns; notes memory on the way. */
async function change(cluster: Cluster, untilSeen: (done: number) => Promise<void>): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedMs = performance.now();
  for (let done = 0; done < EVENTS; done++) {
    const key = { namespace: "default", name: `route-${done % OBJECTS}` };
    const round = Math.floor(done / OBJECTS) % 10;
    if (round === 0) await cluster.create(VIRTUAL_SERVICES, route(key.name, done));
    else if (round === 9) await cluster.delete(VIRTUAL_SERVICES, key);
    else await cluster.patch(VIRTUAL_SERVICES, key, { type: "merge", body: { spec: route(key.name, done)["spec"] } });
    if (done % BATCH === 0) await untilSeen(done);
    if (done % Math.ceil(EVENTS / SAMPLES) === 0) samples.push(sampleOf(done, startedMs));
  }
  await untilSeen(EVENTS);
  samples.push(sampleOf(EVENTS, startedMs));
  return samples;
}

function route(name: string, change: number): KubeObject {
  const destination = (subset: string, weight: number) => ({ destination: { host: "echo", subset }, weight });
  const http = [{ route: [destination("v1", 100 - (change % 101)), destination("v2", change % 101)] }];
  const spec = { hosts: [`${name}.example.com`, `change-${change}.example.com`], http };
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec,
  };
}

/** One watch over HTTPS that counts what comes. Ends by itself only at the end: a watcher that is sent away is a failure. */
function watch(url: string, onEvent: () => void): () => void {
  const ca = readFileSync(join(home, "tls", "ca.crt"));
  const authorization = `Bearer ${readFileSync(join(home, "token"), "utf8").trim()}`;
  const path = "/apis/networking.istio.io/v1/virtualservices?watch=1&timeoutSeconds=86400";
  let isClosed = false;
  const call = get(url + path, { ca, servername: "localhost", headers: { authorization } }, (response) => {
    let rest = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith('{"type":"ERROR"')) fail(line);
        onEvent();
      }
    });
    response.on("error", (error) => isClosed || fail(String(error)));
    response.on("end", () => isClosed || fail("the watch ended"));
  });
  call.on("error", (error) => isClosed || fail(String(error)));
  return () => {
    isClosed = true;
    call.destroy();
  };
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

function sampleOf(events: number, startedMs: number): Sample {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const sample = { events, seconds, heapMb: megabytes(heapUsed + external), residentMb: megabytes(rss) };
  process.stderr.write(`${events} changes, ${seconds} s: heap ${sample.heapMb} MB, resident ${sample.residentMb} MB\n`);
  return sample;
}

function report(samples: readonly Sample[]): void {
  const settled = samples.filter(({ events }) => events >= EVENTS / 4);
  const heap = slopeBytesPerEvent(settled, ({ heapMb }) => heapMb);
  const resident = slopeBytesPerEvent(settled, ({ residentMb }) => residentMb);
  const result = {
    node: process.version,
    events: EVENTS,
    seconds: samples.at(-1)!.seconds,
    heap: {
      firstMb: settled[0]!.heapMb,
      lastMb: settled.at(-1)!.heapMb,
      bytesPerEvent: heap,
      target: HEAP_TARGET_BYTES,
    },
    resident: {
      firstMb: settled[0]!.residentMb,
      lastMb: settled.at(-1)!.residentMb,
      bytesPerEvent: resident,
      target: RESIDENT_TARGET_BYTES,
    },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = heap <= HEAP_TARGET_BYTES && resident <= RESIDENT_TARGET_BYTES ? 0 : 1;
}

/** Least squares. */
function slopeBytesPerEvent(samples: readonly Sample[], valueOf: (sample: Sample) => number): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ events }) => events)), mean(samples.map(valueOf))];
  const covariance = mean(samples.map((sample) => (sample.events - x) * (valueOf(sample) - y)));
  const variance = mean(samples.map(({ events }) => (events - x) ** 2));
  return Math.round(((covariance * 2 ** 20) / variance) * 100) / 100;
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 100) / 100;
}
