// npm run bench:soak: an hour of everything at once. The gateway, in a process of its own, gets an open-loop load of HTTP/1.1, HTTP/2,
// gRPC and WebSockets of all kinds while routes, policies and pods change several times a second. Passed is: no request failed; the
// metrics count what the clients count; memory, sockets, descriptors and timers do not grow; nothing is left open when all clients
// and pods are gone.
//   node bench/soak.ts [--minutes 60] [--scale 1] [--churn-ms 300] [--sample-seconds 30] [--seed 1] [--out .cache/soak.json]
// Runs at low priority and takes about half of one core at scale 1 (380 requests a second), so that other work can go on.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { setPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { seededRandom } from "../src/gateway/random.ts";
import { startSandboxApi } from "../test/e2e/sandbox-api.ts";
import { freePort } from "../testbed/free-ports.ts";
import { type GatewayHandle, startGatewayProcess } from "./gateway/gateway-handle.ts";
import type { GatewaySample } from "./gateway/gateway-process.ts";
import { type Disagreement, disagreements } from "./soak/agreement.ts";
import { type Churn, service, setUpWorld, startChurn } from "./soak/churn.ts";
import { ledgerText } from "./soak/ledger.ts";
import { Pods } from "./soak/pods.ts";
import { HOST, startTraffic, type Traffic } from "./soak/traffic.ts";
import { faultsOf, growthOf, growthText, MINUTES_FOR_LEAKS, type Sample } from "./soak/verdict.ts";

const MB = 1_048_576;
const NICE = 10;
/** A line of the access log that the gateway itself calls a failure: 5xx, or for gRPC 200 with a flag that tells of one. */
const FAILED = / HTTP\/[\d.]+" (?:5\d\d|200 (?:UF|UH|UC|UR|UO|UPE|NC|NR))/;
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    scale: { type: "string", default: "1" },
    "churn-ms": { type: "string", default: "300" },
    "sample-seconds": { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: join(import.meta.dirname, "..", ".cache", "soak.json") },
  },
});
const minutes = Number(values.minutes);

await main();

async function main(): Promise<void> {
  setPriority(NICE);
  const home = mkdtempSync(join(tmpdir(), "serin-soak-"));
  const api = await startSandboxApi();
  const [http, http2, grpc] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = { http, http2, grpc };
  const services = [service("echo", ports), service("echo-too", ports)];
  await setUpWorld(api.cluster, services);
  const accessLog = join(home, "access.log");
  const gateway = await startGatewayProcess(api.kubeconfig, accessLog, ["--expose-gc"]);
  const pods = new Pods(api.cluster, services, ports);
  try {
    await pods.publish();
    await sleep(1_000);
    const before = await gateway.sample();
    for (const version of ["v1", "v2", "v1", "v2", "v1", "v2"]) await pods.add(version);
    await untilServed(gateway.port);
    const metricsBefore = await metricsOf(gateway);
    const churn = startChurn({
      cluster: api.cluster,
      pods,
      random: seededRandom(Number(values.seed)),
      everyMs: Number(values["churn-ms"]),
    });
    const traffic = startTraffic(gateway.port, Number(values.scale));
    const samples = await soak(gateway, traffic, churn);
    await churn.stop();
    await traffic.stop();
    const differences = await lastDifferences(gateway, traffic, metricsBefore);
    await removeAll(pods);
    const after = await atRest(gateway, before);
    report({ traffic, churn, samples, differences, before, after, gateway, accessLog, pods });
  } finally {
    await gateway.stop();
    await api.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Samples until the time is over, or the gateway, or somebody presses Ctrl-C. */
async function soak(gateway: GatewayHandle, { ledgers }: Traffic, { counts }: Churn): Promise<Sample[]> {
  const began = performance.now();
  const everyMs = Number(values["sample-seconds"]) * 1_000;
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const samples: Sample[] = [];
  for (let n = 1; gateway.died === undefined && performance.now() - began < minutes * 60_000; n++) {
    await sleep(Math.max(0, began + n * everyMs - performance.now()), undefined, { signal: interrupt.signal }).catch(
      () => {},
    );
    if (interrupt.signal.aborted || gateway.died !== undefined) break;
    const sample = sampleOf(await gateway.sample(), (performance.now() - began) / 1_000);
    samples.push(sample);
    const [sent, failed] = [sum(ledgers.map((each) => each.read().sent)), sum(ledgers.map((each) => each.failed))];
    const changes = sum(Object.values(counts));
    const { afterSeconds, rssMb, heapMb, sockets } = sample;
    console.log(
      `${(afterSeconds / 60).toFixed(1).padStart(5)} min  ${sent} requests, ${failed} failed, ${changes} changes; RSS ${rssMb.toFixed(1)} MB, heap ${heapMb.toFixed(2)} MB, ${sockets} sockets`,
    );
  }
  return samples;
}

function sampleOf(
  { rssBytes, heapBytes, externalBytes, resources, fileDescriptors }: GatewaySample,
  s: number,
): Sample {
  return {
    afterSeconds: Math.round(s),
    rssMb: rssBytes / MB,
    heapMb: (heapBytes + externalBytes) / MB,
    sockets: socketsOf(resources),
    fileDescriptors,
    timers: resources["Timeout"] ?? 0,
  };
}

function socketsOf(resources: Readonly<Record<string, number>>): number {
  return (resources["TCPSocketWrap"] ?? 0) + (resources["TLSWrap"] ?? 0);
}

/** What a client took back in the last moment counts when the gateway hears of it. */
async function lastDifferences(gateway: GatewayHandle, { ledgers }: Traffic, before: string): Promise<Disagreement[]> {
  for (let left = 20; ; left--) {
    const differences = disagreements(ledgers, before, await metricsOf(gateway));
    if (left === 0 || differences.length === 0) return differences;
    await sleep(100);
  }
}

async function removeAll(pods: Pods): Promise<void> {
  for (const version of ["v1", "v2"]) while (pods.ready(version) > 0) await pods.remove(version);
  await pods.settled();
}

/** Connections to the last pods and clients end within moments; what is left after 20 s stays for good. */
async function atRest(gateway: GatewayHandle, before: GatewaySample): Promise<GatewaySample> {
  for (let left = 20; ; left--) {
    const sample = await gateway.sample();
    if (left === 0 || socketsOf(sample.resources) <= socketsOf(before.resources)) return sample;
    await sleep(1_000);
  }
}

interface Seen {
  traffic: Traffic;
  churn: Churn;
  samples: Sample[];
  differences: Disagreement[];
  before: GatewaySample;
  after: GatewaySample;
  gateway: GatewayHandle;
  accessLog: string;
  pods: Pods;
}

function report({ traffic, churn, samples, differences, before, after, gateway, accessLog, pods }: Seen): void {
  const { ledgers } = traffic;
  const growth = growthOf(samples, minutes);
  const sent = sum(ledgers.map((each) => each.read().sent));
  const failed = sum(ledgers.map((each) => each.failed));
  const faults = faultsOf({
    minutes: (samples.at(-1)?.afterSeconds ?? 0) / 60,
    failed,
    sent,
    disagreements: differences,
    growth,
    socketsLeft: Math.max(0, socketsOf(after.resources) - socketsOf(before.resources)),
    podsCutOff: pods.cutOff,
    complaints: gateway.complaints,
    churnErrors: churn.errors,
    died: gateway.died,
  });
  const { user, system } = process.cpuUsage();
  const cores = ((user + system) / 1_000 + after.cpuMs) / (process.uptime() * 1_000);
  const result = {
    date: new Date().toISOString(),
    passed: faults.length === 0,
    faults,
    options: values,
    requests: Object.fromEntries(
      ledgers.map((each) => [
        each.kind,
        { ...each.read(), failed: each.failed, answers: Object.fromEntries(each.answers) },
      ]),
    ),
    failures: ledgers.flatMap(({ failures }) => failures),
    failedInAccessLog: failed === 0 ? [] : failedLines(accessLog),
    changes: churn.counts,
    pods: pods.made,
    growth,
    before,
    after,
    samples,
    cores,
  };
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(result, undefined, 1)}\n`);
  for (const each of ledgers) console.log(ledgerText(each));
  for (const each of growth) console.log(growthText(each));
  const changes = sum(Object.values(churn.counts));
  console.log(
    `${sent} requests, ${failed} failed, ${changes} changes, ${pods.made} pods, ${cores.toFixed(2)} cores used by all; written to ${values.out}`,
  );
  for (const fault of faults) console.log(`FAILED: ${fault}`);
  if (faults.length === 0) console.log(minutes < MINUTES_FOR_LEAKS ? "passed, but too short to tell a leak" : "passed");
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function failedLines(accessLog: string): string[] {
  const read = (file: string) => {
    try {
      return readFileSync(file, "latin1").split("\n");
    } catch {
      return [];
    }
  };
  return [...read(`${accessLog}.1`), ...read(accessLog)].filter((line) => FAILED.test(line)).slice(-200);
}

/** All that was written is in force: requests reach a pod. */
async function untilServed(port: number): Promise<void> {
  for (let left = 100; left > 0; left--) {
    const status = await new Promise((resolve) => {
      const request = get({ host: "127.0.0.1", port, headers: { host: HOST }, agent: false }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      });
      request.on("error", resolve);
    });
    if (status === 200) return;
    await sleep(100);
  }
  throw new Error("the gateway does not answer 200 after 10 s");
}

async function metricsOf({ statsPort }: GatewayHandle): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${statsPort}/stats/prometheus`)).text();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
