// All that the commands need of the world outside, in one value that wiring.ts makes. The commands know no adapter,
// no sandbox and no story: tests hand them a world in memory.

import type { Resource } from "../core/kubernetes/resource.ts";
import type { RouteExplanation, RouteRequest } from "../core/traffic/explanation.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { PodLogs } from "../ports/pod-logs.ts";
import type { TrafficRouter } from "../ports/traffic-router.ts";

export interface World {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Source;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative file names and `.serin` are looked up from here. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborts at Ctrl-C and SIGTERM: the command ends what it does, and `run` returns 130. */
  readonly interrupted: AbortSignal;

  /**
   * Finds the API server to talk to; no request is sent yet. Throws ClusterError `Unreachable` when none is configured,
   * else an Error whose message says what to mend.
   */
  connect(options: ConnectOptions): Promise<Connection>;
  /** What the kubeconfig offers to choose from; nothing where there is none. */
  configuredNames(options: Pick<ConnectOptions, "kubeconfig" | "sandboxKubeconfig">): Promise<ConfiguredNames>;
  /** Moves and previews routes: `diff`, `--dry-run` and `abort --direct`. */
  router(cluster: Cluster): Promise<TrafficRouter>;
  /** Istio's published CustomResourceDefinitions, by which `lint` knows fields and values. */
  istioDefinitions(): Promise<readonly unknown[]>;
  explainRoute(cluster: Cluster, request: RouteRequest): Promise<RouteExplanation>;

  /** The kubeconfig of the sandbox that runs from this home, or undefined when none is up there. Must be quick: every command asks. */
  runningSandbox(homeDir: string): Promise<string | undefined>;
  /**
   * Starts the sandbox in this process and resolves when the gateway answers. When it cannot it throws an Error whose
   * message says what to do (port in use, a second copy, ...): it is printed without its stack, exit code 1.
   */
  startSandbox(options: SandboxOptions): Promise<RunningSandbox>;
  /** The same in a process of its own that stays when this one ends. Resolves when the gateway answers. */
  startDetachedSandbox(options: SandboxOptions): Promise<SandboxAddresses>;
  /** Ends the sandbox that runs from this home and waits until its processes are gone. */
  stopSandbox(homeDir: string): Promise<"stopped" | "notRunning">;
  /** Deletes all that the sandbox keeps under its home; it must not be running. */
  resetSandbox(homeDir: string): Promise<void>;

  /** Plays the three acts and narrates them on `stdout`. Without `once` it ends when interrupted, the sandbox with it. */
  demo(options: DemoOptions): Promise<DemoOutcome>;
  /** Open-loop traffic: sends on time whatever the answers. Ends after `durationMs`, `requests` or at the signal. */
  load(options: LoadOptions): Promise<LoadReport>;
}

/** Where text goes. `columns` and `isTTY` are undefined when piped. */
export interface Sink {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Source {
  readonly isTTY?: boolean;
  /** All of it, as UTF-8. */
  text(): Promise<string>;
  /** One line without its end; undefined at the end of input. */
  line(): Promise<string | undefined>;
}

interface ConnectOptions {
  /** --kubeconfig */
  kubeconfig?: string;
  /** Tried after KUBECONFIG and before ~/.kube/config. */
  sandboxKubeconfig?: string;
  context?: string;
  /** Overrides of the context's cluster and user by name. */
  cluster?: string;
  user?: string;
  /** Impersonation: the name to act as. */
  as?: string;
  asGroups?: readonly string[];
  requestTimeoutMs?: number;
}

interface ConfiguredNames {
  contexts: string[];
  clusters: string[];
  users: string[];
}

export interface Connection {
  cluster: Cluster;
  /** The context's namespace, "default" when it names none. */
  namespace: string;
  podLogs: PodLogs;
  /** The resource of a kind, by discovery; undefined when the server does not know it. */
  resourceOf(apiVersion: string, kind: string): Promise<Resource | undefined>;
  /** What GET /version says. */
  serverVersion(): Promise<ServerVersion>;
  /** For `-v` and error texts: the file or place the configuration came from, the server's URL, the context's name. */
  origin: { source: string; server: string; context?: string };
}

export interface ServerVersion {
  gitVersion: string;
  platform?: string;
}

export interface SandboxOptions {
  homeDir: string;
  /** Local port of the gateway's port 80. Absent: 8080. */
  port?: number;
  /** Of its port 443. Absent: 8443, unless somebody else has it. */
  tlsPort?: number;
  /** Absent: a free one, kept in the home. */
  apiPort?: number;
  statsPort?: number;
  /** A file that maps more images to local commands. */
  catalogueFile?: string;
}

export interface SandboxAddresses {
  gatewayUrl: string;
  /** Absent: the gateway's port 443 is not open. */
  gatewayTlsUrl?: string;
  apiUrl: string;
  statsUrl?: string;
  kubeconfigFile: string;
}

export interface RunningSandbox extends SandboxAddresses {
  /** Resolves once it has stopped by itself (it failed, or `stop` was called). */
  stopped: Promise<void>;
  stop(): Promise<void>;
}

export interface DemoOptions extends SandboxOptions {
  /** Ends after the story. */
  once: boolean;
  /** Shorter pauses. */
  fast: boolean;
  /** ANSI colours wanted. */
  color: boolean;
  stdout: Sink;
  stderr: Sink;
  signal: AbortSignal;
}

/** `failures` names every promise of the story that did not hold. */
export interface DemoOutcome {
  failures: string[];
  reportDir?: string;
}

export interface LoadOptions {
  url: string;
  ratePerSecond: number;
  /** Absent with `requests`: until all are sent. */
  durationMs?: number;
  requests?: number;
  /** Most requests in flight at once. */
  concurrency: number;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** About once a second. */
  onProgress?(report: LoadReport): void;
}

export interface LoadReport {
  sent: number;
  /** Answers by the version that the body names ("v1"), "other" where it names none. */
  versions: Record<string, { answers: number; errors: number }>;
  /** Answers by status code; 0 is no answer at all (refused, reset, timed out). */
  codes: Record<string, number>;
  latencyMs: { p50: number; p90: number; p99: number; max: number };
  elapsedMs: number;
}
