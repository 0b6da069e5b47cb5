// Rule 2, rule 4 and leaving, by a person with kubectl against real processes and an open-loop client: not one request fails
// because of Serin, whatever the person does in the middle of a rollout.

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { toolPath } from "../../scripts/kubectl.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import { type OpenLoop, startOpenLoop } from "../../src/load/open-loop.ts";
import { Tally } from "../../src/load/tally.ts";
import { answer, endAll, family, place, type Running, root, start, untilText, untilTrue } from "./serin-process.ts";

const ECHO = join(root, "examples", "echo");
const run = promisify(execFile);

let here: Awaited<ReturnType<typeof place>>;
let sandbox: Running;
let load: OpenLoop | undefined;
const tally = new Tally();

beforeAll(async () => {
  here = await place();
  await up();
  await kubectl("apply", "-f", join(ECHO, "echo-canary.yaml"));
  await kubectl("apply", "-f", join(ECHO, "vs-rollback-v1.yaml"));
  await kubectl("wait", "--for=condition=Available", "deployment/echo-v1", "deployment/echo-v2", "--timeout=30s");
  await untilTrue("v1 answers", 10_000, async () => (await answer(here.port)).text.includes("v1"));
  load = startOpenLoop({ url: `http://localhost:${here.port}/`, ratePerSecond: 100 }, tally);
});

afterEach(async () => {
  await kubectl("delete", "canary", "--all", "--wait=true", "--timeout=20s");
  await kubectl("delete", "canaryactions", "--all");
  await kubectl("apply", "-f", join(ECHO, "vs-rollback-v1.yaml"));
});

afterAll(async () => {
  await load?.stop();
  if (sandbox?.child.pid !== undefined) await endAll(family(sandbox.child.pid));
  here.remove();
});

async function up(): Promise<void> {
  sandbox = start(["up", ...here.flags]);
  await untilText(sandbox, /kubeconfig/i);
}

async function kubectl(...args: string[]): Promise<string> {
  // Its discovery cache would otherwise be this user's, and outlive the sandbox.
  const env = { ...process.env, KUBECACHEDIR: join(here.home, "kubectl-cache") };
  const { stdout } = await run(toolPath("kubectl"), ["--kubeconfig", join(here.home, "kubeconfig"), ...args], { env });
  return stdout;
}

/** Writes and applies the story's Canary with these steps. */
async function startCanary(steps: string): Promise<void> {
  const file = join(here.home, "canary.yaml");
  const spec = `{versions: {stable: echo-v1, canary: echo-v2}, strategy: {steps: ${steps}}, analysis: {}}`;
  writeFileSync(file, `{apiVersion: serin.dev/v1alpha1, kind: Canary, metadata: {name: echo}, spec: ${spec}}`);
  await kubectl("apply", "-f", file);
}

async function status(): Promise<CanaryStatus | undefined> {
  return JSON.parse(await kubectl("get", "canary", "echo", "-o", "json")).status;
}

async function untilStatus(what: string, holds: (status: CanaryStatus) => boolean): Promise<void> {
  await untilTrue(what, 15_000, async () => {
    const now = await status();
    return now !== undefined && holds(now);
  });
}

async function weights(): Promise<string> {
  return kubectl("get", "virtualservice", "echo", "-o", "jsonpath={.spec.http[0].route[*].weight}");
}

const at = (weight: number) => untilStatus(`${weight} %`, (now) => now.weight?.acknowledged === weight);

it("kubectl apply -f vs-rollback-v1.yaml in the middle of a rollout simply works, and means abort", async () => {
  await startCanary("[{setWeight: 50}, {pause: {}}]");
  await at(50);
  await kubectl("apply", "-f", join(ECHO, "vs-rollback-v1.yaml"));
  await untilStatus("the abort", ({ phase }) => phase === "Aborted");
  expect((await status())?.rollout).toMatchObject({ endReason: "ManualOverride" });
  expect((await status())?.message).toContain("kubectl-client-side-apply");
  await sleep(2_000);
  expect(await weights()).toBe("100 0");
});

it("more for the canary by hand is set right within a second and reported", async () => {
  await startCanary("[{setWeight: 20}, {pause: {}}]");
  await at(20);
  await kubectl("apply", "-f", join(ECHO, "vs-50-50.yaml"));
  await untilTrue("80 20", 1_000, async () => (await weights()) === "80 20");
  await untilTrue("the Event", 5_000, async () => (await kubectl("get", "events")).includes("ForeignEdit"));
  expect((await status())?.phase).toBe("Paused");
});

it("an abort by a CanaryAction reaches the last request at once", async () => {
  await startCanary("[{setWeight: 50}, {pause: {}}]");
  await at(50);
  const file = join(here.home, "abort.yaml");
  const spec = "{canaryRef: {name: echo}, verb: abort, reason: a test}";
  writeFileSync(
    file,
    `{apiVersion: serin.dev/v1alpha1, kind: CanaryAction, metadata: {generateName: echo-abort-}, spec: ${spec}}`,
  );
  await kubectl("create", "-f", file);
  const after = await Promise.all(Array.from({ length: 20 }, () => answer(here.port)));
  expect(after.filter(({ text }) => text.includes("v2"))).toEqual([]);
  await untilStatus("the abort", ({ phase }) => phase === "Aborted");
  const state = await kubectl("get", "canaryactions", "-o", "jsonpath={.items[*].status.state}");
  expect(state).toBe("Done");
});

it("kubectl delete canary in the middle of a rollout puts all traffic back first", async () => {
  await startCanary("[{setWeight: 50}, {pause: {}}]");
  await at(50);
  await kubectl("delete", "canary", "echo", "--timeout=10s");
  expect(await weights()).toBe("100 0");
});

it("kubectl wait tells when a rollout is completed", async () => {
  await startCanary("[{setWeight: 50}, {pause: {duration: 1s}}, {setWeight: 100}]");
  await kubectl("wait", "--for=condition=Ready", "canary/echo", "--timeout=20s");
  expect(await weights()).toBe("0 100");
  expect((await status())?.phase).toBe("Completed");
});

it("and all the while not one request failed", async () => {
  await load?.stop();
  const { sent, failures } = tally.read();
  expect(failures).toEqual({});
  expect(sent).toBeGreaterThan(500);
});

it("after kill -9 in the middle of a rollout it goes on where it was", async () => {
  await startCanary("[{setWeight: 20}, {pause: {duration: 4s}}, {setWeight: 50}, {pause: {}}]");
  await at(20);
  const { rollout } = (await status())!;
  process.kill(sandbox.child.pid!, "SIGKILL");
  await sandbox.exited;
  await up();
  await untilTrue("answers", 15_000, async () => (await answer(here.port)).status === 200);
  expect((await status())?.rollout?.id).toBe(rollout!.id);
  // The pause needs requests of the canary's own.
  await untilTrue("50 %", 20_000, async () => {
    await answer(here.port);
    return (await status())?.weight?.acknowledged === 50;
  });
});
