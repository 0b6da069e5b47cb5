// The composition root: the one place that knows who stands behind which port. Everything heavy is imported when it is
// first needed, so that `serin get` does not pay for the sandbox.

import { systemClock } from "./adapters/telemetry/clock.ts";
import type { Sink, Source, World } from "./cli/world.ts";
import { type ProcessConfig, readConfig } from "./config.ts";
import { endingSignal } from "./wiring/ending.ts";

/** Runs one command line and ends the process. */
export async function runProcess(argv: string[]): Promise<never> {
  const config = readConfig(process.env, process.platform, argv);
  const interrupted = endingSignal(config);
  process.on("uncaughtException", (error) => crash(error));
  if (config.detached !== undefined) {
    const { runDetached } = await import("./wiring/sandbox-commands.ts");
    process.exit(await runDetached(config.detached, config, interrupted));
  }
  const { run } = await import("./cli/program.ts");
  process.exit(await run(argv, createWorld(config, interrupted)));
}

function createWorld(config: ProcessConfig, interrupted: AbortSignal): World {
  const clock = systemClock();
  const { env } = process;
  const cwd = process.cwd();
  const sandbox = () => import("./wiring/sandbox-commands.ts");
  return {
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    stdin: source(process.stdin),
    env,
    cwd,
    clock,
    interrupted,
    connect: async (options) => (await import("./adapters/kubernetes/connect.ts")).connect({ ...options, env, clock }),
    configuredNames: async (options) =>
      (await import("./adapters/kubernetes/choose-config.ts")).configuredNames({ ...options, env }),
    router: async (cluster) =>
      (await import("./adapters/istio/router.ts")).istioRouter({ cluster, fieldManager: "serin-cli" }),
    istioDefinitions: async () => (await import("./sandbox/cluster/schema/builtin.ts")).istioDefinitions(),
    explainRoute: async (...query) => (await import("./gateway/explain/explain.ts")).explainRoute(...query),
    runningSandbox: async (homeDir) => (await import("./wiring/running-sandbox.ts")).runningSandbox(homeDir),
    startSandbox: async (options) => (await sandbox()).startSandbox(options, config),
    startDetachedSandbox: async (options) => (await sandbox()).startDetachedSandbox(options, env),
    stopSandbox: async (homeDir) => (await sandbox()).stopSandbox(homeDir),
    resetSandbox: async (homeDir) => (await sandbox()).resetSandbox(homeDir),
    demo: async (options) => (await import("./wiring/demo.ts")).playDemo(options, { config, cwd }),
    load: async (options) => (await import("./wiring/run-load.ts")).runLoad(options, clock),
  };
}

/** Size and kind are read when asked: a terminal changes its width. Some say 0 where they do not know it. */
function sink(stream: NodeJS.WriteStream): Sink {
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns || undefined;
    },
    get rows() {
      return stream.rows || undefined;
    },
  };
}

function source(stream: NodeJS.ReadStream): Source {
  return {
    get isTTY() {
      return stream.isTTY;
    },
    text: async () => (await import("node:stream/consumers")).text(stream),
    line: async () => {
      const { createInterface } = await import("node:readline");
      const lines = createInterface({ input: stream });
      try {
        for await (const line of lines) return line;
        return undefined;
      } finally {
        lines.close();
      }
    },
  };
}

/** A broken invariant: said in full, and the process ends; the shims of the pods end themselves. */
function crash(error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`Serin met an error that it did not expect, and ends. Please report it.\n${text}\n`);
  process.exit(1);
}
