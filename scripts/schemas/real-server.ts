// A real etcd and kube-apiserver on free loopback ports, for reading facts and for comparing answers. No kubelet, no controllers.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../testbed/free-ports.ts";

export interface RealServer {
  url: string;
  token: string;
  kubeconfig: object;
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
  /** Values of the Warning header. */
  warnings: string;
}

const TOKEN = "schemas";

export async function startServer(bin: string, options: { controllers?: boolean } = {}): Promise<RealServer> {
  const dir = mkdtempSync(join(tmpdir(), "real-api-"));
  const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const pem = execFileSync("openssl", ["genrsa", "2048"], { stdio: ["ignore", "pipe", "ignore"] });
  writeFileSync(join(dir, "sa.key"), pem, { mode: 0o600 });
  writeFileSync(join(dir, "tokens.csv"), `${TOKEN},admin,admin-uid,"system:masters"\n`);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const children = [
    run(join(bin, "etcd"), dir, [
      `--data-dir=${join(dir, "etcd")}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      "--unsafe-no-fsync",
    ]),
    run(join(bin, "kube-apiserver"), dir, [
      `--etcd-servers=${etcdUrl}`,
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${join(dir, "sa.key")}`,
      `--service-account-signing-key-file=${join(dir, "sa.key")}`,
      "--service-cluster-ip-range=10.43.0.0/16",
      "--authorization-mode=RBAC",
      `--cert-dir=${join(dir, "certs")}`,
      `--token-auth-file=${join(dir, "tokens.csv")}`,
      "--disable-admission-plugins=ServiceAccount,Priority,DefaultTolerationSeconds",
      "--advertise-address=192.168.77.1",
      `--secure-port=${apiPort}`,
      "--bind-address=127.0.0.1",
    ]),
  ];
  const url = `https://127.0.0.1:${apiPort}`;
  const kubeconfig = kubeconfigOf(url);
  const server: RealServer = {
    url,
    token: TOKEN,
    kubeconfig,
    send: (method, path, body, contentType) => send(url + path, method, body, contentType),
    stop: async () => {
      await Promise.all(children.toReversed().map(end));
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await untilReady(server, dir);
    if (options.controllers === true) children.push(startControllers(bin, dir, kubeconfig));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Garbage collection and the emptying of namespaces are a controller's work. */
function startControllers(bin: string, dir: string, kubeconfig: object): ChildProcess {
  const file = join(dir, "kubeconfig");
  writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  return run(join(bin, "kube-controller-manager"), dir, [
    `--kubeconfig=${file}`,
    "--controllers=garbage-collector-controller,namespace-controller",
    "--leader-elect=false",
    "--secure-port=0",
  ]);
}

function kubeconfigOf(server: string): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "real", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "admin", user: { token: TOKEN } }],
    contexts: [{ name: "real", context: { cluster: "real", user: "admin" } }],
    "current-context": "real",
  };
}

async function untilReady(server: RealServer, dir: string): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const ready = await server.send("GET", "/readyz").catch(() => undefined);
    if (ready?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(
    `kube-apiserver did not become ready:\n${readFileSync(join(dir, "kube-apiserver.log"), "utf8").slice(-2000)}`,
  );
}

function run(program: string, dir: string, args: string[]): ChildProcess {
  const child = spawn(program, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const log = join(dir, `${program.split("/").at(-1)}.log`);
  writeFileSync(log, "");
  const keep = (chunk: Buffer) => {
    try {
      writeFileSync(log, chunk, { flag: "a" });
    } catch {
      // The directory goes away at the end, before the last lines are written.
    }
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return child;
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
  });
}

function send(url: string, method: string, body?: unknown, contentType = "application/json"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: "application/json", "content-type": contentType };
    const call = request(url, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: parse(text),
          warnings: response.headers.warning ?? "",
        }),
      );
    });
    call.on("error", reject);
    call.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}
