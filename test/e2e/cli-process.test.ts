// The command line as a process, before the sandbox's API: streams, exit codes, signals, the names it is called by, and
// the story of a rollout's actions through a real HTTPS connection.

import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CANARIES, CANARY_ACTIONS } from "../../src/core/kubernetes/resource.ts";
import type { CanaryAction } from "../../src/core/spec/action.ts";
import type { Canary } from "../../src/core/spec/canary.ts";
import { PROGRESSING } from "../../testbed/rollout/echo-canary.ts";
import { root, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

let api: SandboxApi;
let folder: string;

beforeAll(async () => {
  api = await startSandboxApi();
  folder = mkdtempSync(join(tmpdir(), "serin-cli-"));
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

interface Running {
  done: Promise<Ran>;
  until(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

function start(args: string[], env: Record<string, string | undefined> = {}): Running {
  const child = spawn(process.execPath, [join(root, "bin", "serin.mjs"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: api.kubeconfig, ...env },
  });
  const ran: Ran = { code: null, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.err += text));
  const done = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ ...ran, code })));
  return {
    done,
    kill: (signal) => void child.kill(signal),
    until: async (pattern) => {
      while (!pattern.test(ran.out)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

function serin(args: string[], env: Record<string, string | undefined> = {}): Promise<Ran> {
  return start(args, env).done;
}

async function givenRollout(): Promise<void> {
  const spec = {
    versions: { stable: "echo-v1", canary: "echo-v2" },
    strategy: { steps: [{ setWeight: 20 }, { pause: {} }] },
  };
  const object = {
    apiVersion: "serin.dev/v1alpha1",
    kind: "Canary",
    metadata: { name: "echo", namespace: "default" },
    spec,
  };
  const created = await api.cluster.create<Canary>(CANARIES, object);
  await api.cluster.update<Canary>(CANARIES, { ...created, status: PROGRESSING }, { subresource: "status" });
}

describe("exit codes and streams", () => {
  test.each([
    { args: ["get"], code: 0, out: "", err: 'No Canaries in namespace "default".\n' },
    { args: ["get", "-o", "name"], code: 0, out: "", err: "" },
    { args: ["status", "echo"], code: 5, out: "", err: 'canary "echo" not found in namespace "default"' },
    { args: ["gte"], code: 2, out: "", err: "Did you mean get?" },
    { args: ["--version"], code: 0, out: "Serin:", err: "" },
  ])("serin $args: $code", async ({ args, code, out, err }) => {
    const ran = await serin(args);
    expect(ran.code).toBe(code);
    expect(ran.out.startsWith(out)).toBe(true);
    expect(ran.err).toContain(err);
    if (code !== 0) expect(ran.out).toBe("");
  });

  test("an API server that is not there: 4, with its address and what to do", async () => {
    const ran = await serin(["get"], { KUBECONFIG: undefined });
    expect(ran).toMatchObject({ code: 4, out: "" });
    expect(ran.err).toContain("Start a sandbox with `serin up`");
    const gone = await startSandboxApi();
    const file = join(folder, "gone");
    copyFileSync(gone.kubeconfig, file);
    await gone.stop();
    const refused = await serin(["get", "--kubeconfig", file]);
    expect(refused.code).toBe(4);
    expect(refused.err).toContain(`the API server at ${gone.url}`);
    expect(refused.err).not.toContain("    at ");
  });

  test("version on a machine without any cluster: its own, a hint, no error", async () => {
    const ran = await serin(["version"], { KUBECONFIG: undefined });
    expect(ran).toMatchObject({ code: 0, err: "no cluster configured (serin up starts a sandbox)\n" });
    expect(ran.out).toMatch(/^Serin: .*\n$/);
  });

  test("as a plugin it answers to the plugin's name", async () => {
    const ran = await serin(["status", "--help"], { SERIN_INVOKED_AS: "kubectl-serin" });
    expect(ran.out).toContain("Usage: kubectl serin status");
  });
});

describe("a rollout", () => {
  beforeAll(givenRollout);

  test("watch, piped, prints lines and ends with 130 at Ctrl-C", async () => {
    const watching = start(["watch", "echo"]);
    await watching.until(/default\/echo Progressing step 2\/2 weight 20/);
    watching.kill("SIGINT");
    expect((await watching.done).code).toBe(130);
  });

  test("an action is answered by whoever watches for it", async () => {
    const stop = new AbortController();
    const answering = (async () => {
      for await (const event of api.cluster.watch<CanaryAction>(CANARY_ACTIONS, { signal: stop.signal })) {
        if (event.type !== "ADDED") continue;
        const status = { state: "Done" as const, message: "went on", at: "2026-01-01T00:00:00Z" };
        await api.cluster.update(CANARY_ACTIONS, { ...event.object, status }, { subresource: "status" });
      }
    })();
    const ran = await serin(["promote", "echo", "--reason", "by hand"]);
    stop.abort();
    await answering;
    expect(ran).toMatchObject({ code: 0, out: 'canary "echo": went on\n', err: "To take it back: serin abort echo\n" });
    const { items } = await api.cluster.list<CanaryAction>(CANARY_ACTIONS);
    expect(items.map(({ spec }) => ({ verb: spec.verb, step: spec.step, rollout: spec.rollout }))).toEqual([
      { verb: "promote", step: 1, rollout: "6f9c2ab1" },
    ]);
    expect(items[0]!.spec.by).toBeTruthy();
  });

  test("abort without a controller gives up after 2 s, and says so", async () => {
    const began = performance.now();
    const ran = await serin(["abort", "echo"]);
    expect(ran).toMatchObject({ code: 3, out: "" });
    expect(ran.err).toContain("traffic has NOT moved yet");
    expect(performance.now() - began).toBeGreaterThan(2_000);
  });

  test("status --watch gives up at its time-out", async () => {
    const ran = await serin(["status", "echo", "--watch", "--timeout", "300ms"]);
    expect(ran.code).toBe(3);
    expect(ran.out).toMatch(/^. Progressing - /);
  });
});
