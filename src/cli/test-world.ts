// A world for tests of commands: a cluster that is handed in, text in memory, time under control. Runs command lines as
// a shell would and keeps what they print.

import type { Resource } from "../core/kubernetes/resource.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import { run } from "./program.ts";
import type { Connection, World } from "./world.ts";

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface TestWorldOptions {
  cluster: Cluster;
  clock: Clock;
  cwd?: string;
  env?: Record<string, string>;
  /** What is typed or piped in. */
  input?: string;
  /** stdin and stderr are a terminal. */
  terminal?: boolean;
  overrides?: Partial<World>;
}

/** Starts a command line; `interrupt` is Ctrl-C. */
export function start(
  options: TestWorldOptions,
  ...argv: string[]
): { done: Promise<Ran>; interrupt(): void; printed(): string } {
  const interrupted = new AbortController();
  const text = { out: "", err: "" };
  const world = testWorld(options, text, interrupted.signal);
  return {
    done: run(argv, world).then((code) => ({ code, ...text })),
    interrupt: () => interrupted.abort(),
    printed: () => text.out,
  };
}

export function runCli(options: TestWorldOptions, ...argv: string[]): Promise<Ran> {
  return start(options, ...argv).done;
}

function testWorld(options: TestWorldOptions, text: { out: string; err: string }, interrupted: AbortSignal): World {
  const { cluster, clock, terminal, input = "" } = options;
  const missing = (what: string) => () => Promise.reject(new Error(`this test's world has no ${what}`));
  return {
    stdout: { write: (more) => void (text.out += more) },
    stderr: { write: (more) => void (text.err += more), isTTY: terminal },
    stdin: {
      isTTY: terminal,
      text: () => Promise.resolve(input),
      line: () => Promise.resolve(input.split("\n", 1)[0]),
    },
    env: { LANG: "C.UTF-8", ...options.env },
    cwd: options.cwd ?? process.cwd(),
    clock,
    interrupted,
    connect: () => Promise.resolve(connectionTo(cluster)),
    configuredNames: () => Promise.resolve({ contexts: [], clusters: [], users: [] }),
    router: missing("router"),
    istioDefinitions: () => Promise.resolve([]),
    explainRoute: missing("gateway"),
    runningSandbox: () => Promise.resolve(undefined),
    startSandbox: missing("sandbox"),
    startDetachedSandbox: missing("sandbox"),
    stopSandbox: missing("sandbox"),
    resetSandbox: missing("sandbox"),
    demo: missing("story"),
    load: missing("load"),
    ...options.overrides,
  };
}

export function connectionTo(cluster: Cluster, resources: Resource[] = []): Connection {
  return {
    cluster,
    namespace: "default",
    podLogs: {
      // oxlint-disable-next-line require-yield -- the pods of this world are silent
      async *read() {},
    },
    resourceOf: (_, kind) => Promise.resolve(resources.find((each) => each.kind === kind)),
    serverVersion: () => Promise.resolve({ gitVersion: "v1.34.4" }),
    origin: { source: "the test", server: "https://test.invalid", context: "test" },
  };
}
