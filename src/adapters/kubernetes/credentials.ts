// Who we are towards the API server: token, token file, client certificate, password or an exec plugin, as headers and
// TLS material. Tokens that change (files, plugins) are looked up anew when they may have.

import { readFile } from "node:fs/promises";
import type { Clock } from "../../ports/clock.ts";
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
  /** Read once per connection. */
  tls(): Promise<TlsMaterial>;
  /** Value of the Authorization header. */
  authorization(): Promise<string | undefined>;
  /** After a 401: true when another try may have a better token. */
  refresh(): boolean;
}

/** A projected service account token is renewed by the kubelet long before it ends; client-go re-reads it every minute too. */
const TOKEN_FILE_TTL_MS = 60_000;

export function credentialsOf(config: ChosenConfig, clock: Clock): Credentials {
  const { user, cluster } = config;
  if (user["auth-provider"] !== undefined)
    throw new ConfigurationError(
      `the user of ${config.source} uses auth-provider "${user["auth-provider"].name}", which Kubernetes has removed: use an exec plugin instead`,
    );
  const plugin = user.exec === undefined ? undefined : cachedPlugin(config, clock);
  const tokenFile = user.tokenFile === undefined ? undefined : cachedFile(user.tokenFile, clock);
  return {
    async tls() {
      const fromPlugin = await plugin?.get();
      const ca = await inline(cluster["certificate-authority-data"], cluster["certificate-authority"], config);
      const cert = await inline(user["client-certificate-data"], user["client-certificate"], config);
      const key = await inline(user["client-key-data"], user["client-key"], config);
      return {
        ca,
        cert: cert ?? fromPlugin?.clientCertificateData,
        key: key ?? fromPlugin?.clientKeyData,
        ...(cluster["tls-server-name"] ? { servername: cluster["tls-server-name"] } : {}),
        rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
      };
    },
    async authorization() {
      if (user.token) return `Bearer ${user.token}`;
      if (tokenFile !== undefined) return `Bearer ${(await tokenFile.get()).trim()}`;
      if (user.username) return `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
      const token = (await plugin?.get())?.token;
      return token === undefined ? undefined : `Bearer ${token}`;
    },
    refresh() {
      plugin?.forget();
      tokenFile?.forget();
      return plugin !== undefined || tokenFile !== undefined;
    },
  };
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

interface Cached<T> {
  get(): Promise<T>;
  forget(): void;
}

function cachedFile(file: string, clock: Clock): Cached<string> {
  return cached(async () => ({ value: await readToken(file), untilMs: clock.now() + TOKEN_FILE_TTL_MS }), clock);
}

async function readToken(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigurationError(`the token file ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function cachedPlugin(config: ChosenConfig, clock: Clock): Cached<ExecCredential> {
  return cached(async () => {
    const credential = await runExecPlugin(config);
    const untilMs =
      credential.expirationTimestamp === undefined ? Infinity : Date.parse(credential.expirationTimestamp);
    return { value: credential, untilMs };
  }, clock);
}

function cached<T>(load: () => Promise<{ value: T; untilMs: number }>, clock: Clock): Cached<T> {
  let current: { promise: Promise<{ value: T; untilMs: number }>; untilMs: number } | undefined;
  return {
    async get() {
      if (current === undefined || clock.now() >= current.untilMs) {
        const entry = { promise: load(), untilMs: Infinity };
        current = entry;
        entry.promise.then(
          (loaded) => (entry.untilMs = loaded.untilMs),
          () => (current = undefined),
        );
      }
      return (await current.promise).value;
    },
    forget() {
      current = undefined;
    },
  };
}
