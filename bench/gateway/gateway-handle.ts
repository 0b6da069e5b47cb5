// The measuring side of the gateway's process.

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { FromGateway, GatewaySample } from "./gateway-process.ts";

export interface GatewayHandle {
  pid: number;
  port: number;
  statsPort: number;
  sample(): Promise<GatewaySample>;
  /** What it logged as warning or error so far. */
  complaints: readonly string[];
  /** Set when it ended by itself: how. */
  readonly died: string | undefined;
  stop(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, "gateway-process.ts");

/** `flags`: Node's. */
export async function startGatewayProcess(
  kubeconfig: string,
  accessLog: string,
  flags: readonly string[],
): Promise<GatewayHandle> {
  // As the product runs: from the compile cache, without the type stripper in memory.
  const NODE_COMPILE_CACHE = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "compile");
  const child = fork(PROGRAM, [kubeconfig, accessLog], {
    execArgv: [...flags],
    env: { ...process.env, NODE_COMPILE_CACHE },
  });
  const complaints: string[] = [];
  const state: { died?: string; stopping: boolean } = { stopping: false };
  child.on("exit", (code, signal) => {
    if (!state.stopping) state.died = `ended with ${signal ?? code}`;
  });
  const started = await told(child, "started");
  return {
    pid: child.pid!,
    port: started.port,
    statsPort: started.statsPort,
    complaints,
    get died() {
      return state.died;
    },
    async sample() {
      child.send("sample");
      const answer = await told(child, "sample");
      complaints.push(...answer.complaints);
      return answer.sample;
    },
    async stop() {
      state.stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.send("stop");
      await ended;
    },
  };
}

function told<K extends FromGateway["kind"]>(child: ChildProcess, kind: K): Promise<FromGateway & { kind: K }> {
  return new Promise((resolve, reject) => {
    const heard = (message: FromGateway) => {
      if (message.kind !== kind) return;
      child.off("message", heard);
      child.off("exit", gone);
      resolve(message as FromGateway & { kind: K });
    };
    const gone = (code: number | null, signal: string | null) =>
      reject(new Error(`the gateway's process ended with ${signal ?? code} before it said "${kind}"`));
    child.on("message", heard);
    child.once("exit", gone);
  });
}
