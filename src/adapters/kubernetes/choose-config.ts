// Which API server to talk to: --kubeconfig, then KUBECONFIG, then the running sandbox, then ~/.kube/config, then the
// service account of the pod that this runs in.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { ClusterError } from "../../ports/cluster.ts";
import {
  ConfigurationError,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigContext,
  type KubeconfigUser,
  readKubeconfig,
} from "./kubeconfig-file.ts";

export interface ConfigChoice {
  kubeconfig?: string;
  /** Tried after KUBECONFIG and before ~/.kube/config. */
  sandboxKubeconfig?: string;
  context?: string;
  /** Overrides of the context's cluster and user, by name. */
  cluster?: string;
  user?: string;
  /** Of a pod, with token, authority and namespace of its service account; absent: where a kubelet puts it. */
  serviceAccountDir?: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** One server, one identity, one default namespace. */
export interface ChosenConfig {
  /** For people: where it came from. */
  source: string;
  context?: string;
  namespace: string;
  server: string;
  cluster: KubeconfigCluster;
  user: KubeconfigUser;
}

const SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount";

export async function chooseConfig(choice: ConfigChoice): Promise<ChosenConfig> {
  const found = await findConfig(choice);
  if (found !== undefined) return pick(found.config, choice, found.source);
  const pod = inCluster(choice);
  if (pod !== undefined) return pod;
  throw new ClusterError(
    "Unreachable",
    `no cluster is configured: there is no --kubeconfig, no KUBECONFIG, no running sandbox here and no ${homeConfig(choice)}. ` +
      "Start a sandbox with `serin up`, or give a kubeconfig with --kubeconfig FILE",
  );
}

/** What --context, --cluster and --user can name: for completions. */
export async function configuredNames(
  choice: Pick<ConfigChoice, "kubeconfig" | "sandboxKubeconfig" | "env">,
): Promise<Record<"contexts" | "clusters" | "users", string[]>> {
  const config = (await findConfig(choice))?.config;
  const of = (table: Map<string, unknown> | undefined) => [...(table?.keys() ?? [])];
  return { contexts: of(config?.contexts), clusters: of(config?.clusters), users: of(config?.users) };
}

async function findConfig(
  choice: Pick<ConfigChoice, "kubeconfig" | "sandboxKubeconfig" | "env">,
): Promise<{ config: Kubeconfig; source: string } | undefined> {
  const { kubeconfig, sandboxKubeconfig, env } = choice;
  if (kubeconfig !== undefined && kubeconfig !== "") return { config: await mustExist(kubeconfig), source: kubeconfig };
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  const ofList = listed.length === 0 ? undefined : await readKubeconfig(listed);
  if (ofList !== undefined) return { config: ofList, source: `KUBECONFIG (${ofList.files.join(", ")})` };
  if (sandboxKubeconfig !== undefined)
    return { config: await mustExist(sandboxKubeconfig), source: `the running sandbox (${sandboxKubeconfig})` };
  const config = await readKubeconfig([homeConfig(choice)]);
  return config === undefined ? undefined : { config, source: homeConfig(choice) };
}

async function mustExist(file: string): Promise<Kubeconfig> {
  const config = await readKubeconfig([file]);
  if (config === undefined) throw new ConfigurationError(`kubeconfig ${file} does not exist`);
  return config;
}

function homeConfig({ env }: Pick<ConfigChoice, "env">): string {
  return join(env.HOME ?? homedir(), ".kube", "config");
}

/** The context's cluster and user, with the overrides by name. */
function pick(config: Kubeconfig, choice: Omit<ConfigChoice, "env">, source: string): ChosenConfig {
  const contextName = choice.context ?? config.currentContext;
  const context = contextName === undefined ? {} : entry(config, "context", contextName);
  const clusterName = choice.cluster ?? context.cluster;
  const userName = choice.user ?? context.user;
  if (clusterName === undefined)
    throw new ConfigurationError(
      `${config.files.join(", ")} has no current-context. Name one with --context (there are: ${names(config.contexts)}), ` +
        "or run: kubectl config use-context NAME",
    );
  const cluster = entry(config, "cluster", clusterName);
  const user = userName ? entry(config, "user", userName) : {};
  if (!cluster.server)
    throw new ConfigurationError(`cluster "${clusterName}" in ${config.files.join(", ")} has no server`);
  const origin = contextName === undefined ? { source } : { source, context: contextName };
  return { ...origin, namespace: context.namespace || "default", server: cluster.server, cluster, user };
}

interface Entries {
  context: KubeconfigContext;
  cluster: KubeconfigCluster;
  user: KubeconfigUser;
}

function entry<K extends keyof Entries>(config: Kubeconfig, what: K, name: string): Entries[K] {
  const tables: { [each in keyof Entries]: Map<string, Entries[each]> } = {
    context: config.contexts,
    cluster: config.clusters,
    user: config.users,
  };
  const found = tables[what].get(name);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    `${what} "${name}" is not in ${config.files.join(", ")} (there are: ${names(tables[what])})`,
  );
}

function names(map: Map<string, unknown>): string {
  return map.size === 0 ? "none" : [...map.keys()].join(", ");
}

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
function inCluster({ env, serviceAccountDir: dir = SERVICE_ACCOUNT_DIR }: ConfigChoice): ChosenConfig | undefined {
  const [host, port] = [env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT ?? "443"];
  const tokenFile = join(dir, "token");
  if (host === undefined || host === "" || !existsSync(tokenFile)) return undefined;
  const namespaceFile = join(dir, "namespace");
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    source: "the pod's service account",
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, "utf8").trim() : "default",
    server,
    cluster: { server, "certificate-authority": join(dir, "ca.crt") },
    user: { tokenFile },
  };
}
