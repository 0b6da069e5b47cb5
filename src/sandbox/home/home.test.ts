import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { deleteHome, openHome } from "./home.ts";
import { acquireLock, lockHolder } from "./lock.ts";
import { homePaths } from "./paths.ts";
import { keepPort, listenOnFirst, portsToTry, requireFreePort } from "./ports.ts";
import { identify, parentOf } from "./process-info.ts";
import { stopRunning } from "./stop.ts";

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe("the home folder", () => {
  it("is made, and deleted whole", async () => {
    const paths = homePaths(join(folder(), "home"));
    openHome(paths);
    openHome(paths);
    writeFileSync(paths.kubeconfig, "x");
    await deleteHome(paths);
    expect(existsSync(paths.dir)).toBe(false);
  });

  it("never takes or deletes a folder that holds other things", async () => {
    const dir = folder();
    writeFileSync(join(dir, "thesis.tex"), "years of work");
    const paths = homePaths(dir);
    expect(() => openHome(paths)).toThrow(/not empty and no sandbox home \(it holds thesis.tex\).*--home/);
    await expect(deleteHome(paths)).rejects.toThrow(/nothing was deleted/);
    expect(readFileSync(join(dir, "thesis.tex"), "utf8")).toBe("years of work");
  });
});

describe("the lock", () => {
  it("names a living holder and how to end it", () => {
    const file = join(folder(), "lock");
    const child = sleeper();
    writeFileSync(file, JSON.stringify(identify(child.pid!)));
    expect(() => acquireLock(file, "/x/.serin")).toThrow(
      new RegExp(`running from /x/.serin already \\(process ${child.pid}\\)[^]*serin down`),
    );
    child.kill("SIGKILL");
  });

  it("is taken over from a process that is gone, from a pid used again, and from a torn file", () => {
    const file = join(folder(), "lock");
    for (const left of ['{"pid":999999999,"started":"1"}', `{"pid":${process.pid},"started":"1"}`, "{"]) {
      writeFileSync(file, left);
      const lock = acquireLock(file, "/x");
      expect(lockHolder(file)?.pid).toBe(process.pid);
      lock.release();
      expect(existsSync(file)).toBe(false);
    }
  });

  it("is refused to the same process twice, and released only by its holder", () => {
    const file = join(folder(), "lock");
    const lock = acquireLock(file, "/x");
    expect(() => acquireLock(file, "/x")).toThrow(/already/);
    expect(lock.isHeld()).toBe(true);
    const child = sleeper();
    writeFileSync(file, JSON.stringify(identify(child.pid!)));
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(lockHolder(file)?.pid).toBe(child.pid);
    child.kill("SIGKILL");
  });

  it("lets `down` end the holder, and does nothing where none runs", async () => {
    const paths = homePaths(join(folder(), "home"));
    openHome(paths);
    expect(await stopRunning(paths)).toBe("notRunning");
    const child = sleeper();
    const exited = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    writeFileSync(paths.lock, JSON.stringify(identify(child.pid!)));
    expect(await stopRunning(paths)).toBe("stopped");
    expect(await exited).toBe("SIGTERM");
  });
});

describe("ports", () => {
  it("in use: the error names the port, the flag and a free way on", async () => {
    const port = await taken();
    await expect(requireFreePort({ what: "the gateway", flag: "--port", port })).rejects.toThrow(
      new RegExp(`Port ${port}, wanted for the gateway, is in use[^]*--port ${port + 1}`),
    );
  });

  it("kept: the one of the last start is tried first, then those above it", () => {
    const file = join(folder(), "api-port");
    expect(portsToTry(file, 26_443).slice(0, 2)).toEqual([26_443, 26_444]);
    keepPort(file, 26_450);
    expect(portsToTry(file, 26_443)[0]).toBe(26_450);
    keepPort(file, 65_535);
    expect(portsToTry(file, 26_443)).toEqual([65_535]);
  });

  it("taken between look and listen: the next one", async () => {
    const port = await taken();
    const use = { what: "the API server", flag: "--api-port" };
    const got = await listenOnFirst({ ...use, ports: [port, port, 0] }, listenAt);
    expect(got).not.toBe(port);
    await expect(listenOnFirst({ ...use, ports: [port] }, listenAt)).rejects.toThrow(
      new RegExp(`Port ${port}, wanted for the API server, is in use[^]*--api-port ${port + 1}`),
    );
    await expect(listenOnFirst({ ...use, ports: [port, port] }, listenAt)).rejects.toThrow(
      "for the API server are all in use. Choose one with --api-port",
    );
    const other = new Error("no certificate");
    await expect(listenOnFirst({ ...use, ports: [0, 0] }, () => Promise.reject(other))).rejects.toThrow(other);
  });
});

it("knows a process's parent", () => {
  const child = sleeper();
  if (process.platform === "linux") expect(parentOf(child.pid!)).toBe(process.pid);
  child.kill("SIGKILL");
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "serin-home-"));
  made.push(dir);
  return dir;
}

function sleeper() {
  return spawn(process.execPath, ["-e", "setTimeout(() => {}, 30000)"], { stdio: "ignore" });
}

function taken(): Promise<number> {
  return listenAt(0);
}

async function listenAt(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  server.unref();
  return (server.address() as AddressInfo).port;
}
