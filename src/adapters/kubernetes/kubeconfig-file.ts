// kubeconfig files: read, merged as kubectl merges them, and one context picked out as plain values.
// Rules: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

export interface KubeconfigCluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
  "proxy-url"?: string;
}

export interface KubeconfigUser {
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  /** Impersonation. */
  as?: string;
  "as-uid"?: string;
  "as-groups"?: string[] | null;
  "as-user-extra"?: Record<string, string[]> | null;
  exec?: ExecConfig;
  "auth-provider"?: { name: string };
}

interface ExecConfig {
  apiVersion: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: "Never" | "IfAvailable" | "Always";
}

export interface KubeconfigContext {
  cluster?: string;
  user?: string;
  namespace?: string;
}

/** Several files as one. */
export interface Kubeconfig {
  files: string[];
  currentContext?: string;
  clusters: Map<string, KubeconfigCluster>;
  users: Map<string, KubeconfigUser>;
  contexts: Map<string, KubeconfigContext>;
}

/** A configuration that the user must mend; the message says where and how. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** The first file that sets a value wins. Files that do not exist are skipped; undefined when none exists. */
export async function readKubeconfig(files: string[]): Promise<Kubeconfig | undefined> {
  const merged: Kubeconfig = { files: [], clusters: new Map(), users: new Map(), contexts: new Map() };
  for (const file of files) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    merge(merged, await parse(text, file), file);
  }
  return merged.files.length === 0 ? undefined : merged;
}

interface KubeconfigDocument {
  "current-context"?: string;
  clusters?: { name: string; cluster?: KubeconfigCluster }[] | null;
  users?: { name: string; user?: KubeconfigUser }[] | null;
  contexts?: { name: string; context?: KubeconfigContext }[] | null;
}

function merge(into: Kubeconfig, from: KubeconfigDocument, file: string): void {
  const dir = dirname(resolve(file));
  into.files.push(file);
  if (from["current-context"]) into.currentContext ??= from["current-context"];
  for (const { name, cluster } of from.clusters ?? [])
    addOnce(into.clusters, name, absolute(cluster ?? {}, dir, ["certificate-authority"]));
  for (const { name, user } of from.users ?? []) addOnce(into.users, name, absoluteUser(user ?? {}, dir));
  for (const { name, context } of from.contexts ?? []) addOnce(into.contexts, name, context ?? {});
}

function addOnce<T>(into: Map<string, T>, name: string, value: T): void {
  if (!into.has(name)) into.set(name, value);
}

/** Relative file names in a kubeconfig are relative to that kubeconfig. */
function absolute<T extends object>(entry: T, dir: string, fields: (keyof T & string)[]): T {
  const made = { ...entry };
  for (const field of fields) {
    const value: unknown = made[field];
    if (typeof value === "string" && value !== "") Object.assign(made, { [field]: resolve(dir, value) });
  }
  return made;
}

/** A plugin's command is a path only when it has a slash; else it is looked for in PATH. */
function absoluteUser(user: KubeconfigUser, dir: string): KubeconfigUser {
  const made = absolute(user, dir, ["client-certificate", "client-key", "tokenFile"]);
  if (!made.exec?.command?.includes("/")) return made;
  return { ...made, exec: absolute(made.exec, dir, ["command"]) };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new ConfigurationError(`kubeconfig ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function parse(text: string, file: string): Promise<KubeconfigDocument> {
  let value: unknown;
  try {
    // JSON is YAML too, and reading it does not cost the start-up time of a YAML parser: the sandbox writes its file so.
    const content = text.replace(/^(?:\s*#.*\n)*/, "");
    value = content.startsWith("{\n") ? JSON.parse(content) : (await import("yaml")).parse(text);
  } catch (error) {
    throw new ConfigurationError(`kubeconfig ${file} is not valid YAML: ${messageOf(error)}`, { cause: error });
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw new ConfigurationError(`kubeconfig ${file} must be a map with clusters, users and contexts`);
  return value;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
