import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../../testbed/free-ports.ts";

const PROGRAM = join(import.meta.dirname, "echo.cjs");
const children: ReturnType<typeof spawn>[] = [];
afterEach(() => void children.splice(0).map((child) => child.kill("SIGKILL")));

async function start(...args: string[]) {
  const port = await freePort();
  const child = spawn(process.execPath, [PROGRAM, `--listen=127.0.0.1:${port}`, ...args], { env: {} });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const exited = new Promise((resolve) => child.once("close", resolve));
  const url = `http://127.0.0.1:${port}`;
  const ready = async () => {
    while (
      !(await fetch(`${url}/health`).then(
        (answer) => answer.ok,
        () => false,
      ))
    )
      await sleep(10);
  };
  const ask = async () => {
    const answer = await fetch(url);
    return { status: answer.status, version: answer.headers.get("x-echo-version"), body: await answer.text() };
  };
  return { url, child, exited, ready, ask, text: () => text };
}

describe("Serin's echo image", () => {
  it("fails its share, the same requests for the same seed, and marks every answer with its version", async () => {
    const runs: number[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const server = await start("--version=v3", "--fail-share=30%", "--fail-status=503", "--seed=7");
      await server.ready();
      const answers = [];
      for (let n = 0; n < 200; n += 1) answers.push(await server.ask());
      for (const { status, version, body } of answers) {
        expect(version).toBe("v3");
        expect(body).toBe(status === 200 ? "hello from echo v3\n" : "echo v3 failed on purpose\n");
      }
      runs.push(answers.map(({ status }) => status));
    }
    expect(runs[0]).toEqual(runs[1]);
    const failed = runs[0]!.filter((status) => status === 503).length;
    expect(failed).toBeGreaterThan(40);
    expect(failed).toBeLessThan(80);
  });

  it("stays healthy while it fails", async () => {
    const server = await start("--fail-share=1");
    await server.ready();
    expect((await server.ask()).status).toBe(500);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it("delays answers, starts late, and crashes after some requests", async () => {
    const startedMs = performance.now();
    const server = await start("--start-delay=200ms", "--delay=100ms", "--crash-after=2");
    await server.ready();
    expect(performance.now() - startedMs).toBeGreaterThan(199);
    const askedMs = performance.now();
    expect((await server.ask()).status).toBe(200);
    expect(performance.now() - askedMs).toBeGreaterThan(98);
    await expect(server.ask()).rejects.toThrow();
    expect(await server.exited).toBe(1);
    expect(server.text()).toContain("crashing on purpose: it had 2 requests");
  });

  it.each([
    ["--fail-share=2", "--fail-share 2: write a share between 0 and 1"],
    ["--delay=fast", "--delay fast: write a duration such as 20ms"],
    ["--seed=x", "--seed x: write a whole number"],
    ["--nope", "Unknown option '--nope'"],
  ])("refuses %s with the cure", async (arg, words) => {
    const server = await start(arg);
    expect(await server.exited).toBe(2);
    expect(server.text()).toContain(words);
    expect(server.text()).toContain("Usage: echo");
  });
});
