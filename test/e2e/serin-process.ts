// Starts the program as a person would, and looks at what it leaves behind.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "../../src/sandbox/home/process-info.ts";
import { freePort } from "../../testbed/free-ports.ts";

export const root = join(import.meta.dirname, "..", "..");

export interface Running {
  child: ChildProcess;
  /** stdout and stderr so far. */
  text(): string;
  exited: Promise<number | NodeJS.Signals>;
}

/** `serin ARGS` by the launcher; with `npm: true` through npm and its shell, as `npm start -- ARGS` (a demo). */
export function start(
  args: string[],
  { npm = false, env = {} }: { npm?: boolean; env?: Record<string, string> } = {},
): Running {
  const command = npm ? "npm" : process.execPath;
  const line = npm ? ["start", "--silent", "--", ...args] : [join(root, "bin", "serin.mjs"), ...args];
  const child = spawn(command, line, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const exited = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? code ?? 1)),
  );
  return { child, text: () => text, exited };
}

/** Runs to the end. */
export async function runSerin(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: unknown; text: string }> {
  const running = start(args, { env });
  return { code: await running.exited, text: running.text() };
}

export async function untilText(running: Running, pattern: RegExp, timeoutMs = 60_000): Promise<void> {
  let ended = false;
  void running.exited.then(() => (ended = true));
  await untilTrue(`${pattern} in the output`, timeoutMs, () => {
    if (ended && !pattern.test(running.text())) throw new Error(`ended without ${pattern}:\n${running.text()}`);
    return pattern.test(running.text());
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${running.text()}`);
  });
}

export async function untilTrue(what: string, timeoutMs: number, ask: () => boolean | Promise<boolean>): Promise<void> {
  for (const startedMs = Date.now(); !(await ask()); await sleep(20))
    if (Date.now() - startedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
}

/** The process and all below it, by /proc. */
export function family(pid: number): ProcessIdentity[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const found: number[] = [];
  const queue = [pid];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    found.push(next);
    queue.push(...(children.get(next) ?? []));
  }
  return found.flatMap((each) => identify(each) ?? []);
}

/** Names of those that still live after the time: an empty list is what is wanted. */
export async function survivors(processes: ProcessIdentity[], withinMs: number): Promise<string[]> {
  const left = (): ProcessIdentity[] => processes.filter(isAlive);
  for (const startedMs = Date.now(); left().length > 0 && Date.now() - startedMs < withinMs; await sleep(50));
  return left().map(({ pid }) => `${pid} ${commandOf(pid)}`);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "(gone)";
  }
}

/** Ends what a test left running. */
export async function endAll(processes: ProcessIdentity[]): Promise<void> {
  for (const each of processes) if (isAlive(each)) process.kill(each.pid, "SIGKILL");
  await survivors(processes, 2_000);
}

export function answer(port: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: 0, text: "" });
    const request = get({ host: "localhost", port, agent: false, timeout: 2_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", none);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", none);
  });
}

/** A home of its own, and a gateway port that nobody has; the other ports find themselves. */
export async function place(): Promise<{ home: string; port: number; flags: string[]; remove(): void }> {
  const home = mkdtempSync(join(tmpdir(), "serin-e2e-"));
  const port = await freePort();
  const flags = ["--home", home, "--port", `${port}`];
  return { home, port, flags, remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 10 }) };
}
