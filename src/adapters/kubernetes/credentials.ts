// Who we are towards the API server: token, token file, client certificate, password or an exec plugin, as headers and
// TLS material. What changes (files, plugins) is looked up anew when it may have.

import { readFile } from "node:fs/promises";
import type { Clock } from "../../ports/clock.ts";
import { type Cached, cached, type Loaded } from "./cached.ts";
import type { ChosenConfig } from "./choose-config.ts";
import { type ExecCredential, runExecPlugin } from "./exec-plugin.ts";
import { ConfigurationError } from "./kubeconfig-file.ts";

interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized: boolean;
}

export interface Credentials {
  /** The same value as long as nothing in it changed. */
  tls(): Promise<TlsMaterial>;
  /** Value of the Authorization header. */
  authorization(): Promise<string | undefined>;
  /** After a 401 with this Authorization header: true when another try may have something better. */
  refresh(used: string | undefined): boolean;
}

/** A projected service account token is renewed by the kubelet long before it ends; client-go re-reads it every minute too. */
const FILE_TTL_MS = 60_000;

export function credentialsOf(config: ChosenConfig, clock: Clock): Credentials {
  const { user } = config;
  if (user["auth-provider"] !== undefined)
    throw new ConfigurationError(
      `the user of ${config.source} uses auth-provider "${user["auth-provider"].name}", which Kubernetes has removed: use an exec plugin instead`,
    );
  const plugin = user.exec === undefined ? undefined : cachedPlugin(config, clock);
  const tokenFile = user.tokenFile === undefined ? undefined : cachedToken(user.tokenFile, clock);
  const tls = cached<TlsMaterial>(clock, async (last) => {
    const fresh = await loadTls(config, plugin, last);
    return { value: fresh, untilMs: isFixed(config) ? Number.POSITIVE_INFINITY : clock.now() + FILE_TTL_MS };
  });

  /** A token in a file comes before one in the kubeconfig, as for client-go: it is the newer one. */
  async function authorization(): Promise<string | undefined> {
    if (tokenFile !== undefined) return `Bearer ${await tokenFile.get()}`;
    if (user.token) return `Bearer ${user.token}`;
    if (user.username) return `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
    const token = (await plugin?.get())?.token;
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  return {
    tls: () => tls.get(),
    authorization,
    refresh(used) {
      const changeable = plugin ?? tokenFile;
      if (!isFixed(config)) tls.forget();
      if (changeable === undefined) return user["client-certificate"] !== undefined;
      // Of many requests that were refused at once, the first one has it looked up anew, for all.
      const known = tokenFile?.last ?? plugin?.last?.token;
      if (known === undefined || used === `Bearer ${known}`) changeable.forget();
      return true;
    },
  };
}

/** Nothing comes from files or plugins. */
function isFixed({ cluster, user }: ChosenConfig): boolean {
  const files = [
    cluster["certificate-authority-data"] ? undefined : cluster["certificate-authority"],
    user["client-certificate-data"] ? undefined : user["client-certificate"],
    user["client-key-data"] ? undefined : user["client-key"],
  ];
  return user.exec === undefined && files.every((file) => !file);
}

/** Files that cannot be read while they are being replaced do not hurt: the last ones hold on. */
async function loadTls(
  config: ChosenConfig,
  plugin: Cached<ExecCredential> | undefined,
  last: TlsMaterial | undefined,
): Promise<TlsMaterial> {
  const { user, cluster } = config;
  const fromPlugin = await plugin?.get();
  try {
    const cert = await inline(user["client-certificate-data"], user["client-certificate"], config);
    const key = await inline(user["client-key-data"], user["client-key"], config);
    const fresh: TlsMaterial = {
      ca: await inline(cluster["certificate-authority-data"], cluster["certificate-authority"], config),
      cert: cert ?? fromPlugin?.clientCertificateData,
      key: key ?? fromPlugin?.clientKeyData,
      ...(cluster["tls-server-name"] ? { servername: cluster["tls-server-name"] } : {}),
      rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    };
    const same = last !== undefined && fresh.ca === last.ca && fresh.cert === last.cert && fresh.key === last.key;
    return same ? last : fresh;
  } catch (error) {
    if (last !== undefined) return last;
    throw error;
  }
}

async function inline(
  data: string | undefined,
  file: string | undefined,
  config: ChosenConfig,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, "base64").toString("utf8");
  if (!file) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigurationError(`${file}, named by ${config.source}, cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** An empty or unreadable file that was good before is one that is just being written. */
function cachedToken(file: string, clock: Clock): Cached<string> {
  return cached<string>(clock, async (last) => ({
    value: await readToken(file, last),
    untilMs: clock.now() + FILE_TTL_MS,
  }));
}

async function readToken(file: string, last: string | undefined): Promise<string> {
  try {
    const token = (await readFile(file, "utf8")).trim();
    if (token === "") throw new Error("it is empty");
    return token;
  } catch (error) {
    if (last !== undefined) return last;
    throw new ConfigurationError(`the token file ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function cachedPlugin(config: ChosenConfig, clock: Clock): Cached<ExecCredential> {
  return cached<ExecCredential>(clock, async (): Promise<Loaded<ExecCredential>> => {
    const value = await runExecPlugin(config);
    const { expirationTimestamp } = value;
    return { value, untilMs: expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY };
  });
}
