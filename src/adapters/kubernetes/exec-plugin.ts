// Credential plugins: a command prints an ExecCredential.
// Protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins

import { spawn } from "node:child_process";
import type { ChosenConfig } from "./choose-config.ts";
import { ConfigurationError } from "./kubeconfig-file.ts";

export interface ExecCredential {
  token?: string;
  clientCertificateData?: string;
  clientKeyData?: string;
  /** RFC 3339. */
  expirationTimestamp?: string;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

export async function runExecPlugin(config: ChosenConfig): Promise<ExecCredential> {
  const exec = config.user.exec!;
  if (!VERSIONS.includes(exec.apiVersion))
    throw new ConfigurationError(
      `the exec plugin "${exec.command}" of ${config.source} asks for ${exec.apiVersion}; supported: ${VERSIONS.join(", ")}`,
    );
  checkInteraction(config, process.stdin.isTTY);
  const { stdout, code } = await run(config);
  if (code !== 0) throw problem(config, `ended with exit code ${code}`);
  let credential: { apiVersion?: string; status?: ExecCredential };
  try {
    credential = JSON.parse(stdout) as typeof credential;
  } catch (error) {
    throw problem(config, "did not print an ExecCredential as JSON", error);
  }
  if (credential.apiVersion !== exec.apiVersion)
    throw problem(config, `was asked for ${exec.apiVersion} and printed ${String(credential.apiVersion)}`);
  const status = credential.status;
  if (status?.token === undefined && status?.clientCertificateData === undefined)
    throw problem(config, "printed neither status.token nor status.clientCertificateData");
  if ((status.clientCertificateData === undefined) !== (status.clientKeyData === undefined))
    throw problem(config, "printed a certificate without its key, or a key without its certificate");
  return status;
}

/** A plugin that has to ask a person cannot do so in a pod or a pipe: it would hang there. */
function checkInteraction(config: ChosenConfig, isTerminal: boolean): void {
  const { apiVersion, interactiveMode } = config.user.exec!;
  if (interactiveMode === undefined && apiVersion === VERSIONS[0])
    throw problem(config, `has no interactiveMode, which ${apiVersion} requires: write Never, IfAvailable or Always`);
  if (interactiveMode === "Always" && !isTerminal)
    throw problem(config, "must ask a person (interactiveMode: Always), and standard input is no terminal");
}

function run(config: ChosenConfig): Promise<{ stdout: string; code: number | null }> {
  const exec = config.user.exec!;
  const interactive = exec.interactiveMode !== "Never" && process.stdin.isTTY;
  const info = {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    spec: { interactive, ...(exec.provideClusterInfo ? { cluster: clusterInfo(config) } : {}) },
  };
  const env = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  return new Promise((resolve, reject) => {
    const child = spawn(exec.command, exec.args ?? [], {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: [interactive ? "inherit" : "ignore", "pipe", "inherit"],
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.on("error", (error) => reject(problem(config, `cannot be started (${error.message})`, error)));
    child.on("close", (code) => resolve({ stdout, code }));
  });
}

function clusterInfo({ cluster }: ChosenConfig): Record<string, unknown> {
  return {
    server: cluster.server,
    "certificate-authority-data": cluster["certificate-authority-data"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "tls-server-name": cluster["tls-server-name"],
    "proxy-url": cluster["proxy-url"],
  };
}

function problem(config: ChosenConfig, what: string, cause?: unknown): ConfigurationError {
  const { command, installHint } = config.user.exec!;
  const hint = installHint ? `\n${installHint.trim()}` : "";
  return new ConfigurationError(`the exec plugin "${command}" of ${config.source} ${what}${hint}`, { cause });
}
