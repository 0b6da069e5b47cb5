import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { groupOf } from "./listeners.ts";
import { type PodProcess, startProcess } from "./shim.ts";

const ENV = { PATH: process.env.PATH ?? "/usr/bin:/bin" };
const sh = (script: string, env: Record<string, string> = {}) =>
  startProcess({ command: ["/bin/sh", "-c", script], env: { ...ENV, ...env } });

function textOf(stream: PodProcess["stdout"]): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
    stream.once("close", () => resolve(text));
  });
}

describe("startProcess", () => {
  it("passes output, variables and the exit code through, with nothing to read on stdin", async () => {
    const child = await sh('echo "out $X"; echo err >&2; cat; exit 3', { X: "1" });
    const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
    expect({ stdout, stderr, code: await child.exited }).toEqual({ stdout: "out 1\n", stderr: "err\n", code: 3 });
  });

  it("keeps arguments as they are", async () => {
    const words = ["a b", "$(x)", "'", '"', "*", "\\n", ""];
    const child = await startProcess({ command: ["/usr/bin/printf", "[%s]", ...words], env: ENV });
    expect(await textOf(child.stdout)).toBe(words.map((word) => `[${word}]`).join(""));
  });

  it("tells a program ended by TERM as 143, and by KILL as 137", async () => {
    const termed = await sh("sleep 60 & wait");
    await sleep(50);
    termed.terminate();
    expect(await termed.exited).toBe(143);
    const killed = await sh("trap '' TERM; echo trapped; while :; do sleep 60; done");
    await once(killed.stdout, "data");
    killed.terminate();
    await sleep(50);
    killed.kill();
    expect(await killed.exited).toBe(137);
  });

  it("says 127 for a program that does not exist, and throws where there is no such folder", async () => {
    const child = await startProcess({ command: ["/no/such/program"], env: ENV });
    expect(await child.exited).toBe(127);
    await expect(startProcess({ command: ["true"], env: ENV, workingDir: "/no/such/folder" })).rejects.toThrow(
      "ENOENT",
    );
  });

  it.runIf(process.platform === "linux")("ends what the program leaves behind when it exits", async () => {
    const child = await sh("sleep 61 & exit 0");
    expect(await child.exited).toBe(0);
    for (let tries = 0; membersOf(child.pid).length > 0 && tries < 100; tries += 1) await sleep(20);
    expect(membersOf(child.pid)).toEqual([]);
  });
});

function membersOf(leader: number): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && groupOf(readFileSync(`/proc/${pid}/stat`, "utf8")) === leader;
    } catch {
      return false;
    }
  });
}
