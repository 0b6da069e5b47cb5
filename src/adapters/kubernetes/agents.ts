// The connections to one API server: through a proxy where one is named, and new ones as soon as certificates are new.

import type { Agent as HttpAgent } from "node:http";
import type { Credentials } from "./credentials.ts";
import { ConfigurationError } from "./kubeconfig-file.ts";

export interface AgentsOptions {
  server: URL;
  credentials: Credentials;
  /** From the kubeconfig; without one the environment says, as for kubectl. */
  proxyUrl?: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** The agent to use now. */
export function agents(options: AgentsOptions): () => Promise<HttpAgent> {
  const proxyEnv = proxyOf(options);
  const common = {
    keepAlive: true,
    maxFreeSockets: MAX_IDLE_CONNECTIONS,
    ...(proxyEnv === undefined ? {} : { proxyEnv }),
  };
  let known: { tls: unknown; agent: HttpAgent } | undefined;

  return async () => {
    if (options.server.protocol !== "https:") {
      known ??= { tls: undefined, agent: new (process.getBuiltinModule("node:http").Agent)(common) };
      return known.agent;
    }
    // The same value as long as nothing changed.
    const tls = await options.credentials.tls();
    if (known?.tls !== tls) {
      if (known !== undefined) retire(known.agent);
      known = { tls, agent: new (process.getBuiltinModule("node:https").Agent)({ ...common, ...tls }) };
    }
    return known.agent;
  };
}

/** Idle connections close now; those in use when they are done: a stream need not break for a new certificate. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

/** Each idle one costs memory here and on the server; a burst opens a hundred. */
const MAX_IDLE_CONNECTIONS = 8;

const VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"] as const;

function proxyOf({ server, proxyUrl, env }: AgentsOptions): Record<string, string> | undefined {
  if (proxyUrl !== undefined && proxyUrl !== "") {
    const url = URL.parse(proxyUrl);
    if (url === null || !["http:", "https:"].includes(url.protocol))
      throw new ConfigurationError(
        `proxy-url ${JSON.stringify(proxyUrl)} is not supported: write http://HOST:PORT or https://HOST:PORT`,
      );
    return { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl };
  }
  // As Go does it: what is on this machine is never asked by way of another one.
  if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(server.hostname)) return undefined;
  const set = VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return set.some(([name]) => !name.toLowerCase().startsWith("no_")) ? Object.fromEntries(set) : undefined;
}
