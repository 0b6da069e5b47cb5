// The sandbox as processes: clear errors at the start, nothing left at the end, however the end comes.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ProcessIdentity } from "../../src/sandbox/home/process-info.ts";
import {
  answer,
  endAll,
  family,
  place,
  type Running,
  root,
  runSerin,
  start,
  survivors,
  untilText,
  untilTrue,
} from "./serin-process.ts";

const NOTHING_LEFT_MS = 5_000;
const cleanups: (() => unknown)[] = [];
const watched: ProcessIdentity[] = [];

afterEach(async () => {
  await endAll(watched.splice(0));
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe("what cannot start says what to do", () => {
  it("port in use", async () => {
    const { flags, port } = await newPlace();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const { code, text } = await runSerin(["up", ...flags]);
    expect(code).toBe(1);
    expect(text).toContain(`Port ${port}, wanted for the gateway, is in use`);
    expect(text).toContain(`--port ${port + 1}`);
    expect(text).not.toContain("    at ");
  });

  it("a second copy, and `down` as the cure", async () => {
    const { home, port, flags } = await newPlace();
    const first = await up(flags);
    const second = await runSerin(["up", "--home", home, "--port", String(port + 1)]);
    expect(second.code).toBe(1);
    expect(second.text).toContain(`running from ${home} already (process ${first.child.pid})`);
    expect(second.text).toContain("serin down");
    const all = family(first.child.pid!);
    expect(await runSerin(["down", "--home", home])).toMatchObject({ code: 0 });
    await first.exited;
    expect(await survivors(all, NOTHING_LEFT_MS)).toEqual([]);
    expect(existsSync(join(home, "lock"))).toBe(false);
  });

  it("a port for the metrics that is in use: the flag to choose another", async () => {
    const { flags, port } = await newPlace();
    const server = createServer();
    const taken = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
    cleanups.push(() => server.close());
    expect(port).not.toBe(taken);
    const { code, text } = await runSerin(["up", ...flags, "--stats-port", `${taken}`]);
    expect(code).toBe(1);
    expect(text).toContain(`Port ${taken}, wanted for the gateway's metrics, is in use`);
    expect(text).toContain(`--stats-port ${taken + 1}`);
  });

  it("two that start together each find ports for what nobody named a port for", async () => {
    const places = [await newPlace(), await newPlace()];
    await Promise.all(places.map(({ flags }) => up(flags)));
    const kept = (file: string) => places.map(({ home }) => readFileSync(join(home, file), "utf8"));
    for (const file of ["api-port", "stats-port"]) expect(new Set(kept(file)).size).toBe(2);
  });

  it("an old Node without the pinned one", () => {
    const clone = mkdtempSync(join(tmpdir(), "serin-clone-"));
    cleanups.push(() => rmSync(clone, { recursive: true, force: true }));
    for (const folder of ["bin", "scripts", "node-runtime"])
      cpSync(join(root, folder), join(clone, folder), {
        recursive: true,
        filter: (path) => !path.includes("node_modules"),
      });
    writeFileSync(join(clone, "package-lock.json"), '{"packages":{}}');
    const old = join(clone, "old-node.mjs");
    writeFileSync(
      old,
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });\n' +
        'Object.defineProperty(process, "version", { value: "v20.19.0" });\n',
    );
    const command = ["--import", old, join(clone, "bin", "serin.mjs"), "version"];
    const run = (): string => execFileSync(process.execPath, command, { encoding: "utf8", stdio: "pipe" });
    expect(run).toThrow(/Serin needs Node 24 or newer; this is v20.19.0[^]*Install Node 24/);
  });
});

describe("nothing is left behind", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("after %s, with pods running", async (signal) => {
    const { flags, port } = await newPlace();
    const running = await demoWithPods(flags, port);
    const all = watch(running);
    running.child.kill(signal);
    expect(await survivors(all, NOTHING_LEFT_MS)).toEqual([]);
  });

  it("after kill -9 of npm", async () => {
    const { flags, port } = await newPlace();
    const running = await demoWithPods(flags, port, { npm: true });
    const all = watch(running);
    expect(all.length).toBeGreaterThan(5);
    running.child.kill("SIGKILL");
    expect(await survivors(all, NOTHING_LEFT_MS)).toEqual([]);
  });

  it("after kill -9 of the program itself", async () => {
    const { flags, port } = await newPlace();
    const running = await demoWithPods(flags, port);
    const all = watch(running);
    running.child.kill("SIGKILL");
    expect(await survivors(all, NOTHING_LEFT_MS)).toEqual([]);
  });

  it("after kill -9 of the launcher that runs on another Node", async () => {
    const { flags, port } = await newPlace();
    // What bin/serin.mjs does when the system's Node is too old: the program is its child, with a channel.
    const launcher = join(mkdtempSync(join(tmpdir(), "serin-launcher-")), "launch.mjs");
    cleanups.push(() => rmSync(join(launcher, ".."), { recursive: true, force: true }));
    writeFileSync(
      launcher,
      `import { spawn } from "node:child_process";
spawn(process.execPath, ${JSON.stringify([join(root, "src", "main.ts"), "demo", ...flags])}, {
  stdio: ["ignore", "ignore", "ignore", "ipc"], env: { ...process.env, SERIN_LAUNCHER: "1" } });
setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [launcher], { stdio: "ignore" });
    await untilTrue("a first answer", 20_000, async () => (await answer(port)).status === 200);
    const all = family(child.pid!);
    watched.push(...all);
    child.kill("SIGKILL");
    expect(await survivors(all, NOTHING_LEFT_MS)).toEqual([]);
  });
});

describe("the detached sandbox", () => {
  it("stays when the command has ended, goes with down, and reset leaves nothing of it", async () => {
    const { home, port, flags } = await newPlace();
    const where = ["--home", home];
    expect(await runSerin(["up", "-d", ...flags])).toMatchObject({ code: 0 });
    expect((await answer(port)).status).toBe(404);
    expect(await runSerin(["down", ...where])).toMatchObject({ code: 0 });
    expect((await answer(port)).status).toBe(0);
    expect(existsSync(join(home, "state.db"))).toBe(true);

    expect(await runSerin(["up", "-d", ...flags])).toMatchObject({ code: 0 });
    expect(await runSerin(["reset", "--yes", ...where])).toMatchObject({ code: 0 });
    expect((await answer(port)).status).toBe(0);
    expect(existsSync(home)).toBe(false);
  });

  it("ends when its home is deleted under it", async () => {
    const { home, port, flags } = await newPlace();
    expect(await runSerin(["up", "-d", ...flags])).toMatchObject({ code: 0 });
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
    await untilTrue("its end", 10_000, async () => (await answer(port)).status === 0);
  });

  it("says why when it cannot start", async () => {
    const { flags, port } = await newPlace();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const { code, text } = await runSerin(["up", "-d", ...flags]);
    expect(code).toBe(1);
    expect(text).toContain(`Port ${port}, wanted for the gateway, is in use`);
  });
});

async function newPlace(): Promise<Awaited<ReturnType<typeof place>>> {
  const made = await place();
  cleanups.push(() => made.remove());
  return made;
}

async function up(flags: string[]): Promise<Running> {
  const running = start(["up", ...flags]);
  await untilText(running, /kubeconfig/);
  watch(running);
  return running;
}

/** The story has begun: four pods run. */
async function demoWithPods(flags: string[], port: number, { npm = false } = {}): Promise<Running> {
  const running = npm ? start(flags, { npm }) : start(["demo", ...flags]);
  await untilTrue("a first answer", 20_000, async () => (await answer(port)).status === 200);
  return running;
}

function watch(running: Running): ProcessIdentity[] {
  const all = family(running.child.pid!);
  watched.push(...all);
  return all;
}
