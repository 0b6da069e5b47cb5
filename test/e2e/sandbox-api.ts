// A sandbox with its API on a free port and nothing else (or with the runtime too), and real clients for it.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kubectlPath } from "../../scripts/kubectl.ts";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import { serinCrds } from "../../src/core/spec/crd.generated.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { PodLogs } from "../../src/ports/pod-logs.ts";
import { serveApi } from "../../src/sandbox/cluster/http/serve.ts";
import { openSandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startRuntime } from "../../src/sandbox/runtime/start.ts";

export const root = join(import.meta.dirname, "..", "..");

export interface SandboxApi {
  url: string;
  home: string;
  kubeconfig: string;
  cluster: Cluster;
  /** What went wrong in the server so far: must stay empty. */
  complaints: string[];
  stop(): Promise<void>;
}

export interface SandboxApiOptions {
  /** Kept by the caller, so that a second start finds it; else a fresh folder that goes with the server. */
  home?: string;
  port?: number;
  runtime?: boolean;
  /** The images that its runtime knows besides its own. */
  catalogueFile?: string;
  addressMode?: "alias" | "ports";
  podLogs?: PodLogs;
  historyLimit?: number;
}

export async function startSandboxApi(options: SandboxApiOptions = {}): Promise<SandboxApi> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), "serin-api-"));
  const complaints: string[] = [];
  const complain = (message: string, fields?: object) => complaints.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: complain };
  const clock = systemClock();
  const { historyLimit, catalogueFile, addressMode } = options;
  const dataFile = join(home, "data.sqlite");
  const sandbox = await openSandboxCluster({ dataFile, clock, log, crds: serinCrds(), historyLimit });
  const runtime = options.runtime
    ? await startRuntime({ cluster: sandbox.cluster, clock, log, homeDir: home, catalogueFile, addressMode })
    : undefined;
  const podLogs = options.podLogs ?? runtime?.podLogs;
  const podPorts = runtime?.podPorts;
  const served = await serveApi({ sandbox, port: options.port ?? 0, homeDir: home, podLogs, podPorts, clock, log });
  return {
    url: served.url,
    home,
    kubeconfig: served.kubeconfigFile,
    cluster: sandbox.cluster,
    complaints,
    stop: async () => {
      await served.close();
      await runtime?.stop();
      await sandbox.close();
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Kubectl {
  /** Runs to the end; throws with all output when it fails. Returns stdout. */
  (...args: string[]): Promise<string>;
  run(args: string[], input?: string): Promise<Ran>;
  /** stdin for `-f -`. */
  with(input: string, ...args: string[]): Promise<string>;
  /** Goes on until stopped; `until` waits for its output. */
  follow(...args: string[]): Following;
}

export interface Following {
  text(): string;
  until(wanted: RegExp, timeoutMs?: number): Promise<string>;
  exited: Promise<number>;
  stop(): Promise<void>;
}

export function kubectlOf(
  { kubeconfig, home }: Pick<SandboxApi, "kubeconfig" | "home">,
  env: Record<string, string> = {},
): Kubectl {
  const start = (args: string[], stdin: "pipe" | "ignore") =>
    spawn(kubectlPath(), args, {
      cwd: root,
      stdio: [stdin, "pipe", "pipe"],
      // Its discovery cache would otherwise outlive the sandbox and tell the next one on this port lies.
      env: { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(home, "kubectl-cache"), HOME: home, ...env },
    });
  const run = async (args: string[], input?: string): Promise<Ran> => {
    const child = start(args, input === undefined ? "ignore" : "pipe");
    child.stdin?.end(input);
    const [stdout, stderr, code] = await Promise.all([
      collect(child.stdout!),
      collect(child.stderr!),
      new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? -1))),
    ]);
    return { code, stdout, stderr };
  };
  const ok = async (args: string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} exited ${code}\n${stdout}\n${stderr}`);
    return stdout;
  };
  return Object.assign((...args: string[]) => ok(args), {
    run,
    with: (input: string, ...args: string[]) => ok(args, input),
    follow: (...args: string[]) => followed(start(args, "ignore")),
  });
}

function followed(child: ReturnType<typeof spawn>): Following {
  let text = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const exited = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  return {
    text: () => text,
    exited,
    until: async (wanted, timeoutMs = 20_000) => {
      const end = Date.now() + timeoutMs;
      while (!wanted.test(text)) {
        if (Date.now() > end) throw new Error(`did not see ${String(wanted)} within ${timeoutMs} ms, but:\n${text}`);
        await sleep(25);
      }
      return text;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const part of stream.setEncoding("utf8")) text += String(part);
  return text;
}

export interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body as JSON; fails when it is none. */
  json<T = Record<string, unknown>>(): T;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | object;
}

/** Plain HTTPS with the kubeconfig's authority and token. */
export function httpClientOf({ home, url }: Pick<SandboxApi, "home" | "url">) {
  const ca = readFileSync(join(home, "tls", "ca.crt"), "utf8");
  const token = readFileSync(join(home, "token"), "utf8").trim();
  const agent = new Agent({ ca, keepAlive: true });
  const ask = (path: string, { method = "GET", headers = {}, body }: Ask = {}): Promise<Answer> => {
    const bytes = typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body;
    // Node announces no body of a DELETE by itself.
    const length = bytes === undefined ? 0 : Buffer.byteLength(bytes);
    const typed = bytes === undefined ? {} : { "content-type": "application/json", "content-length": length };
    const options: RequestOptions = {
      method,
      agent,
      // The certificate is checked by this name, whatever the Host header says.
      servername: "localhost",
      headers: { authorization: `Bearer ${token}`, ...typed, ...headers },
    };
    return new Promise((resolve, reject) => {
      const sent = request(url + path, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const { statusCode = 0, headers: got } = response;
          resolve({ code: statusCode, headers: got, text, json: <T>() => JSON.parse(text) as T });
        });
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(bytes);
    });
  };
  return { ask, agent, token, ca, close: () => agent.destroy() };
}
