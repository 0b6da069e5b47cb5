// What is left when Serin ends, however it ends, and what happens when it comes back.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Seen } from "./runtime-host.ts";
import { ROOT } from "./runtime-world.ts";

/** Says one JSON line per change: pods with their state, and the slices' ready addresses. */
const HOST = join(ROOT, "test", "e2e", "runtime-host.ts");

let home: string;
const hosts: ChildProcess[] = [];
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "serin-restart-"))));
afterEach(async () => {
  for (const host of hosts.splice(0)) host.kill("SIGKILL");
  await sleep(100);
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
});

interface Host {
  child: ChildProcess;
  all: Seen[];
  until(what: string, fits: (seen: Seen) => boolean): Promise<Seen>;
}

function startHost(...args: string[]): Host {
  const child = spawn(process.execPath, [HOST, home, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  hosts.push(child);
  const all: Seen[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) all.push(JSON.parse(line) as Seen);
  });
  const until = async (what: string, fits: (seen: Seen) => boolean) => {
    for (let waitedMs = 0; ; waitedMs += 20) {
      const last = all.at(-1);
      if (last !== undefined && fits(last)) return last;
      if (waitedMs > 10_000) throw new Error(`in vain: ${what}, last ${JSON.stringify(last)}`);
      await sleep(20);
    }
  };
  return { child, all, until };
}

const fourReady = ({ pods, offered }: Seen) => pods.filter(({ ready }) => ready).length === 4 && offered.length === 4;

/** All processes of the pods' groups that live. */
function groupMembers(groups: number[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return fields[0] !== "Z" && groups.includes(Number(fields[2]));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Those of the groups that still live when the time is over: none, as soon as there are none. */
async function leftAfter(groups: number[], withinMs: number): Promise<number[]> {
  const startedMs = Date.now();
  while (groupMembers(groups).length > 0 && Date.now() - startedMs < withinMs) await sleep(50);
  return groupMembers(groups);
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once("exit", resolve));

describe.runIf(process.platform === "linux")("the end of Serin", () => {
  it("leaves no process behind after kill -9", async () => {
    const host = startHost("apply");
    const { pods } = await host.until("four pods", fourReady);
    const groups = pods.map(({ pid }) => pid);
    expect(groupMembers(groups)).toHaveLength(12);
    host.child.kill("SIGKILL");
    await ended(host.child);
    expect(await leftAfter(groups, 5_000)).toEqual([]);
  });

  it("ends programs that will not listen, with all they started, within 5 s", async () => {
    const host = startHost("stubborn");
    const { pods } = await host.until("the stubborn pod", (seen) => seen.pods.some(({ ready }) => ready));
    const groups = pods.map(({ pid }) => pid);
    // Shim, watcher, program, and the program's child.
    while (groupMembers(groups).length < 4) await sleep(20);
    host.child.kill("SIGKILL");
    expect(await leftAfter(groups, 5_000)).toEqual([]);
  });
});

describe("Serin's return", () => {
  it.each([
    ["a kill", "SIGKILL"],
    ["a clean stop", "SIGTERM"],
  ] as const)(
    "after %s restarts the containers in the same pods, and offers none before it is ready",
    async (_what, signal) => {
      const first = startHost("apply");
      const before = await first.until("four pods", fourReady);
      first.child.kill(signal);
      await ended(first.child);
      const groups = before.pods.map(({ pid }) => pid);
      // An address is used again only when it is free.
      while (process.platform === "linux" && groupMembers(groups).length > 0) await sleep(20);
      const second = startHost();
      const after = await second.until("four pods again", fourReady);
      expect(after.pods.map(({ uid }) => uid).sort()).toEqual(before.pods.map(({ uid }) => uid).sort());
      expect(after.pods.map(({ restarts }) => restarts)).toEqual([1, 1, 1, 1]);
      expect(new Set(after.pods.map(({ ip }) => ip))).toEqual(new Set(before.pods.map(({ ip }) => ip)));
      // The first thing that this Serin shows after its start.
      expect(second.all[0]?.offered).toEqual([]);
      expect(second.all[0]?.pods.some(({ ready }) => ready)).toBe(false);
    },
  );
});
