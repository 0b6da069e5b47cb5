// The side of the test: starts a gateway in a process of its own and asks for its memory.

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { ChildInput, ChildOutput } from "./gateway-child.ts";

export interface GatewayProcess {
  port: number;
  /** After a collection of garbage; `peakBytes` since the last time. */
  memory(): Promise<{ rssBytes: number; heapBytes: number; peakBytes: number }>;
  stop(): Promise<void>;
}

export async function startGatewayProcess(input: ChildInput): Promise<GatewayProcess> {
  const child = fork(join(import.meta.dirname, "gateway-child.ts"), [JSON.stringify(input)], {
    execArgv: ["--expose-gc"],
  });
  const { port } = await told(child, "started");
  return {
    port,
    memory() {
      child.send("memory");
      return told(child, "memory");
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
      child.send("stop");
      await ended;
      clearTimeout(hard);
    },
  };
}

function told<K extends ChildOutput["kind"]>(child: ChildProcess, kind: K): Promise<ChildOutput & { kind: K }> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null, signal: string | null) =>
      reject(new Error(`the gateway's process ended with ${signal ?? code} before it said "${kind}"`));
    const heard = (message: ChildOutput) => {
      if (message.kind !== kind) return;
      child.off("message", heard).off("exit", gone);
      resolve(message as ChildOutput & { kind: K });
    };
    child.on("message", heard).once("exit", gone);
  });
}
