// A pod's life with real processes: crashes, graceful ends, refusals, logs.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { CONFIG_MAPS, DEPLOYMENTS, PODS } from "../../src/core/kubernetes/resource.ts";
import type { Pod } from "../../src/core/kubernetes/workload.ts";
import { SANDBOX_DIAL_ANNOTATION } from "../../src/core/kubernetes/workload.ts";
import {
  addProgram,
  app,
  deployment,
  eventsOf,
  getText,
  isReady,
  openWorld,
  READY,
  service,
  stateOf,
  until,
  untilReady,
  type World,
  waitingReason,
} from "./runtime-world.ts";

let world: World;
afterEach(async () => await world.close());

/** Serves on its address; writes what happens to it, with times, to EVENTS_FILE. */
const SERVER = `
import { createServer } from "node:http";
import { appendFileSync } from "node:fs";
const [ip, port] = process.argv.slice(2);
const note = (what) => process.env.EVENTS_FILE && appendFileSync(process.env.EVENTS_FILE, Date.now() + " " + what + "\\n");
createServer((request, response) => {
  if (request.url === "/stop-hook") note("hook");
  if (request.url === "/sick") process.env.SICK = "1";
  response.statusCode = request.url === "/alive" && process.env.SICK ? 500 : 200;
  response.end(JSON.stringify(process.env));
}).listen(Number(port), ip);
process.on("SIGTERM", () => { note("term"); if (!process.env.STUBBORN) process.exit(0); });
`;

const PROBE_ALL = "readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}";

async function firstPod(name: string, find: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod> {
  return await until(`the pod of ${name}`, async () => (await world.pods(name)).find(find), timeoutMs);
}

const logsOf = async (pod: Pod, options = {}) => {
  let text = "";
  const { namespace = "", name, uid = "" } = pod.metadata;
  for await (const line of world.runtime.podLogs.read({ namespace, name, uid }, options)) text += line;
  return text;
};

describe("restarts", () => {
  it("tells exit codes, backs off, and restarts in the same pod", async () => {
    world = await openWorld({ backOff: { firstMs: 300, maxMs: 600, resetAfterMs: 60_000 } });
    await world.apply(app("crash", { container: [`args: ["-text="]`, `env: [{name: ECHO_TEXT, value: ""}]`] }));
    const waiting = await firstPod("crash", (pod) => waitingReason(pod) === "CrashLoopBackOff");
    const status = waiting.status!.containerStatuses![0]!;
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 127, reason: "Error" });
    expect(status.state.waiting?.message).toContain("back-off 0.3s restarting failed container=main");
    expect(waiting.status?.phase).toBe("Running");
    const later = await firstPod("crash", (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 3);
    expect(later.metadata.uid).toBe(waiting.metadata.uid);
    expect(await eventsOf(world, later.metadata.name)).toContain("BackOff");
    expect(await logsOf(later, { previous: true })).toBe("Missing -text option or ECHO_TEXT env var!\n");
  });

  it("restarts what its liveness probe gave up, and says which signal ended a program", async () => {
    world = await openWorld();
    addProgram(world, "shop", SERVER);
    const liveness = "livenessProbe: {httpGet: {path: /alive, port: 8080}, periodSeconds: 1, failureThreshold: 2}";
    await world.apply(app("shop", { image: "shop", container: [PROBE_ALL, liveness] }));
    const [pod] = await untilReady(world, "shop", 1);
    await getText(`http://${pod!.status?.podIP}:8080/sick`);
    const restarted = await firstPod(
      "shop",
      (each) => isReady(each) && each.status!.containerStatuses![0]!.restartCount === 1,
    );
    expect(restarted.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(0);
    const shim = Number(/^process:\/\/(\d+)-/.exec(restarted.status!.containerStatuses![0]!.containerID!)![1]);
    const program = childrenOf(shim).find((pid) => commandOf(pid).includes("shop.mjs"))!;
    process.kill(program, "SIGKILL");
    const killed = await firstPod(
      "shop",
      (each) => each.status!.containerStatuses![0]!.lastState?.terminated?.exitCode === 137,
    );
    expect(killed.metadata.uid).toBe(pod!.metadata.uid);
  });

  it("names the catalogue's mistake when its program cannot be started", async () => {
    world = await openWorld();
    writeFileSync(
      world.catalogueFile,
      "images: [{image: lost, command: [/no/such/program]}, {image: homeless, command: [node], workingDir: nowhere}]",
    );
    await world.apply(
      `${app("lost", { image: "lost", container: [] })}---\n${app("homeless", { image: "homeless", container: [] })}`,
    );
    const ended = (pod: Pod) => {
      const { state, lastState } = pod.status?.containerStatuses?.[0] ?? {};
      return state?.terminated ?? lastState?.terminated;
    };
    const lost = ended(await firstPod("lost", (pod) => ended(pod) !== undefined));
    expect(lost).toMatchObject({ exitCode: 127 });
    expect(lost?.message).toContain(
      "the program /no/such/program was not found or is not executable: see the entry of lost in",
    );
    const homeless = ended(await firstPod("homeless", (pod) => ended(pod) !== undefined));
    expect(homeless).toMatchObject({ exitCode: 128, reason: "StartError" });
  });

  it("leaves a pod that may end alone", async () => {
    world = await openWorld();
    addProgram(world, "job", "console.log('done'); process.exit(Number(process.env.CODE ?? 0));");
    for (const [name, code] of [
      ["good", 0],
      ["bad", 3],
    ])
      await world.apply(
        `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {app: ${name}}}, spec: {restartPolicy: Never, containers: [{name: main, image: job, ports: [{containerPort: 80}], env: [{name: CODE, value: "${code}"}]}]}}`,
      );
    const good = await firstPod("good", ({ status }) => status?.phase === "Succeeded");
    const bad = await firstPod("bad", ({ status }) => status?.phase === "Failed");
    expect(stateOf(good)?.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
    expect(stateOf(bad)?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(good.spec.nodeName).toBe("serin-sandbox");
  });
});

describe("a graceful end", () => {
  it("withdraws the endpoint first, then runs the hook, then sends TERM", async () => {
    world = await openWorld();
    const file = join(world.home, "events");
    addProgram(world, "shop", SERVER, [`env: {EVENTS_FILE: ${file}}`]);
    const hook = "lifecycle: {preStop: {httpGet: {path: /stop-hook, port: 8080}}}";
    await world.apply(`${app("shop", { image: "shop", container: [PROBE_ALL, hook] })}---\n${service("shop")}`);
    const [pod] = await untilReady(world, "shop", 1);
    await until("the endpoint", async () => (await world.readyAddresses()).length === 1);
    await world.cluster.patch(
      DEPLOYMENTS,
      { namespace: "default", name: "shop" },
      { type: "merge", body: { spec: { replicas: 0 } } },
    );
    const withdrawnMs = await until(
      "the endpoint to go",
      async () => (await world.readyAddresses()).length === 0 && Date.now(),
    );
    await until("the pod to go", async () => (await world.pods("shop")).length === 0);
    const [hooked, termed] = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    expect([hooked![1], termed![1]]).toEqual(["hook", "term"]);
    expect(withdrawnMs).toBeLessThanOrEqual(Number(hooked![0]));
    expect(await eventsOf(world, pod!.metadata.name)).toContain("Killing");
  });

  it("kills what does not end within the grace", async () => {
    world = await openWorld();
    addProgram(world, "shop", SERVER, ["env: {STUBBORN: yes}"]);
    await world.apply(
      app("shop", { image: "shop", container: [PROBE_ALL], pod: ["terminationGracePeriodSeconds: 1"] }),
    );
    const [pod] = await untilReady(world, "shop", 1);
    const startedMs = Date.now();
    await world.cluster.delete(PODS, pod!.metadata);
    await until("the old pod to go", async () =>
      (await world.pods("shop")).every(({ metadata }) => metadata.uid !== pod!.metadata.uid),
    );
    expect(Date.now() - startedMs).toBeGreaterThan(900);
    expect(Date.now() - startedMs).toBeLessThan(3_000);
  });

  it("ends the process of a pod that a finalizer keeps, and comes to rest", async () => {
    world = await openWorld();
    await world.apply(app("shop"));
    const [pod] = await untilReady(world, "shop", 1);
    await world.cluster.patch(PODS, pod!.metadata, {
      type: "merge",
      body: { metadata: { finalizers: ["test.dev/keep"] } },
    });
    await world.cluster.delete(PODS, pod!.metadata);
    const get = () => world.cluster.get<Pod>(PODS, pod!.metadata);
    const kept = await until("its end", async () => {
      const found = await get();
      return (
        found.status?.containerStatuses?.[0]?.state.terminated !== undefined &&
        found.metadata.deletionGracePeriodSeconds === 0 &&
        found
      );
    });
    await sleep(300);
    expect((await get()).metadata.resourceVersion).toBe(kept.metadata.resourceVersion);
    await world.cluster.patch(PODS, pod!.metadata, { type: "merge", body: { metadata: { finalizers: null } } });
    await until("it to go", async () =>
      (await world.pods("shop")).every(({ metadata }) => metadata.uid !== pod!.metadata.uid),
    );
  });

  it("ends at once what is deleted by force", async () => {
    world = await openWorld();
    await world.apply(
      app("shop", {
        container: [`args: ["-listen=:8080", "-text=x"]`, READY, "lifecycle: {preStop: {sleep: {seconds: 20}}}"],
      }),
    );
    const [pod] = await untilReady(world, "shop", 1);
    await world.cluster.delete(PODS, pod!.metadata, { gracePeriodSeconds: 0 });
    await until("the process to go", async () =>
      getText(`http://${pod!.status?.podIP}:8080/`).then(
        () => false,
        () => true,
      ),
    );
  });
});

describe("Serin's own end", () => {
  it("comes through at whatever moment of a pod's start it is asked for", { timeout: 60_000 }, async () => {
    for (let delayMs = 0; delayMs <= 60; delayMs += 3) {
      world = await openWorld();
      await world.apply(app("shop", { container: [`args: ["-listen=:8080", "-text=x"]`, READY] }));
      await sleep(delayMs);
      const ended = await Promise.race([world.runtime.stop().then(() => true), sleep(8_000).then(() => false)]);
      expect(ended, `stopped ${delayMs} ms after the start`).toBe(true);
      await world.close();
    }
    world = await openWorld();
  });
});

describe("what is refused", () => {
  it("gives an unknown image a waiting reason with the lines to add, and starts when they are there", async () => {
    world = await openWorld();
    await world.apply(app("shop", { image: "shop:1.2", container: [PROBE_ALL] }));
    const pod = await firstPod("shop", (each) => waitingReason(each) === "ErrImagePull");
    const { message = "" } = stateOf(pod)!.waiting!;
    expect(message).toContain(`Add to ${world.catalogueFile}:\nimages:\n  - image: shop:1.2\n    command: [`);
    expect(pod.status?.phase).toBe("Pending");
    addProgram(world, "shop", SERVER);
    const [ready] = await untilReady(world, "shop", 1);
    expect(ready?.metadata.uid).toBe(pod.metadata.uid);
  });

  it("executes no command of a manifest", async () => {
    world = await openWorld();
    const witness = join(world.home, "witness");
    await world.apply(app("evil", { container: [`command: [touch, ${witness}]`] }));
    const pod = await firstPod("evil", (each) => waitingReason(each) === "CommandNotAllowed");
    expect(stateOf(pod)?.waiting?.message).toContain("spec.containers[0].command is not executed");
    await sleep(200);
    expect(readdirSync(world.home)).not.toContain("witness");
  });

  it("stops a program that binds every address, and names the line to change", async () => {
    world = await openWorld();
    addProgram(
      world,
      "open",
      `import { createServer } from "node:http"; createServer((q, r) => r.end("x")).listen(Number(process.argv[3]));`,
    );
    // Free on every address, so that only the binding is wrong.
    const port = await freePort();
    const probe = `readinessProbe: {httpGet: {port: ${port}}, periodSeconds: 1}`;
    await world.apply(app("open", { image: "open", port, container: [probe] }));
    const pod = await firstPod("open", (each) => waitingReason(each) === "BindsAllAddresses");
    const { message = "" } = stateOf(pod)!.waiting!;
    expect(message).toMatch(
      /binds every address of this machine \(port \d+\)[\s\S]*entry open[\s\S]*--host, \$\(POD_IP\)\]/,
    );
    expect(isReady(pod)).toBe(false);
    await expect(getText(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    addProgram(world, "open", SERVER);
    await untilReady(world, "open", 1);
  });

  it("waits for configuration that is not there yet", async () => {
    world = await openWorld();
    addProgram(world, "shop", SERVER);
    const env = `env: [{name: MODE, valueFrom: {configMapKeyRef: {name: conf, key: mode}}}, {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]`;
    await world.apply(app("shop", { image: "shop", container: [PROBE_ALL, env] }));
    const pod = await firstPod("shop", (each) => waitingReason(each) === "CreateContainerConfigError");
    expect(stateOf(pod)?.waiting?.message).toContain('configmap "conf" not found');
    await world.cluster.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf", namespace: "default" },
      data: { mode: "fast" },
    });
    const [ready] = await untilReady(world, "shop", 1);
    const { body } = await getText(`http://${ready!.status?.podIP}:8080/`);
    expect(JSON.parse(body)).toMatchObject({ MODE: "fast", IP: ready!.status?.podIP, HOSTNAME: ready!.metadata.name });
  });
});

describe("where there are no loopback aliases", () => {
  it("gives each pod ports of its own, and says where they are", async () => {
    world = await openWorld({ addressMode: "ports" });
    await world.apply(`${app("shop", { replicas: 2 })}---\n${service("shop")}`);
    const pods = await untilReady(world, "shop", 2);
    expect(new Set(pods.map(({ status }) => status?.podIP)).size).toBe(2);
    const dials = pods.map(
      ({ metadata }) => JSON.parse(metadata.annotations![SANDBOX_DIAL_ANNOTATION]!)["8080"] as string,
    );
    expect(new Set(dials).size).toBe(2);
    for (const dial of dials) {
      expect(dial).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(await getText(`http://${dial}/`)).toEqual({ status: 200, body: "shop\n" });
    }
    const addresses = await until("both endpoints", async () => {
      const found = await world.readyAddresses();
      return found.length === 2 && found;
    });
    expect(new Set(addresses)).toEqual(new Set(pods.map(({ status }) => status?.podIP)));
  });
});

describe("pods that something else plays", () => {
  it("are left alone, and stand behind their Service when their status says so", async () => {
    world = await openWorld();
    const manifest = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "gate",
        namespace: "default",
        labels: { app: "gate" },
        annotations: { "sandbox.serin.dev/unmanaged": "true" },
      },
      spec: { containers: [{ name: "proxy", image: "unknown:1" }] },
    };
    await world.cluster.create(PODS, manifest);
    await world.apply(service("gate"));
    const status = { phase: "Running", podIP: "127.0.0.1", conditions: [{ type: "Ready", status: "True" }] };
    const key = { namespace: "default", name: "gate" };
    await world.cluster.patch(PODS, key, { type: "merge", body: { status } }, { subresource: "status" });
    await until("its endpoint", async () => (await world.readyAddresses()).includes("127.0.0.1"));
    const [pod] = await world.pods("gate");
    expect(pod?.status).toMatchObject(status);
    expect(pod?.spec.nodeName).toBeUndefined();
    expect(await eventsOf(world, "gate")).toEqual([]);
  });
});

describe("probes", () => {
  it("calls no pod ready before its probe succeeded, and honours initialDelaySeconds", async () => {
    world = await openWorld();
    const slow = "readinessProbe: {httpGet: {path: /health, port: 8080}, initialDelaySeconds: 1}";
    await world.apply(app("slow", { image: "serin.dev/echo:0.1", container: [`args: ["--start-delay=500ms"]`, slow] }));
    const startedMs = Date.now();
    const running = await firstPod("slow", (pod) => stateOf(pod)?.running !== undefined);
    expect(isReady(running)).toBe(false);
    await untilReady(world, "slow", 1);
    expect(Date.now() - startedMs).toBeGreaterThan(900);
  });

  it("holds readiness back until the startup probe succeeded", async () => {
    world = await openWorld();
    const probes = ["startupProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}", READY];
    await world.apply(
      app("slow", { image: "serin.dev/echo:0.1", container: [`args: ["--start-delay=300ms"]`, ...probes] }),
    );
    const [pod] = await untilReady(world, "slow", 1);
    expect(pod?.status?.containerStatuses?.[0]).toMatchObject({ started: true, restartCount: 0 });
  });

  it("runs exec probes only where the catalogue allows them", async () => {
    world = await openWorld();
    const exec = `readinessProbe: {exec: {command: [test, -f, ${join(world.home, "ready")}]}, periodSeconds: 1}`;
    addProgram(world, "shop", SERVER);
    await world.apply(app("shop", { image: "shop", container: [exec] }));
    await firstPod("shop", (pod) => waitingReason(pod) === "ExecNotAllowed");
    addProgram(world, "shop", SERVER, ["allow: [exec]"]);
    await firstPod("shop", (pod) => stateOf(pod)?.running !== undefined);
    expect((await deployment(world, "shop")).status?.readyReplicas).toBe(0);
    writeFileSync(join(world.home, "ready"), "");
    await untilReady(world, "shop", 1);
  });
});

describe("logs", () => {
  it("gives lines, tails, times, both streams, and follows to the end", async () => {
    world = await openWorld();
    await world.apply(app("shop"));
    const [pod] = await untilReady(world, "shop", 1);
    const following = logsOf(pod!, { follow: true });
    for (const path of ["/one", "/two", "/three"]) await getText(`http://${pod!.status?.podIP}:8080${path}`);
    const all = await until("three lines", async () => {
      const text = await logsOf(pod!);
      return text.includes("/three") && text;
    });
    expect(all).toMatch(
      /^[^\n]*\[INFO\] server is listening on :8080\n[^\n]*GET \/one [^\n]*\n[^\n]*GET \/two [^\n]*\n[^\n]*GET \/three [^\n]*\n$/,
    );
    expect(await logsOf(pod!, { tailLines: 1 })).toMatch(/^[^\n]*\/three[^\n]*\n$/);
    expect(await logsOf(pod!, { tailLines: 1, timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \d{4}\//);
    expect(await logsOf(pod!, { sinceMs: Date.now() + 1_000 })).toBe("");
    expect(Buffer.byteLength(await logsOf(pod!, { limitBytes: 10 }))).toBe(10);
    await expect(logsOf(pod!, { previous: true })).rejects.toThrow("previous terminated container");
    await world.cluster.delete(PODS, pod!.metadata);
    expect(await following).toBe(`${all}${(await following).slice(all.length)}`);
    expect(await following).toContain("[INFO] received interrupt, shutting down...");
  });

  it("keeps a talkative program within bounds", async () => {
    world = await openWorld();
    addProgram(
      world,
      "loud",
      `for (let n = 0; n < 120_000; n += 1) console.log(n + " " + "x".repeat(100)); setInterval(() => {}, 1_000);`,
    );
    await world.apply(app("loud", { image: "loud", container: [] }));
    const pod = await until("its last line", async () => {
      const [found] = await world.pods("loud");
      const text = found && stateOf(found)?.running ? await logsOf(found, { tailLines: 1 }) : "";
      return text.startsWith("119999 ") && found;
    });
    const files = join(world.home, "pods", `default_${pod.metadata.name}_${pod.metadata.uid}`);
    mkdirSync(files, { recursive: true });
    const bytes = readdirSync(files).map((name) => readFileSync(join(files, name)).length);
    expect(Math.max(...bytes)).toBeLessThan(6 * 1024 * 1024);
    expect(bytes.length).toBeLessThanOrEqual(2);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}
