// The sandbox API over HTTPS, so that kubectl and other clients work on it unchanged. Loopback only; whoever holds the
// token of the kubeconfig is an administrator.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../../ports/clock.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { Log } from "../../../ports/log.ts";
import type { PodLogs } from "../../../ports/pod-logs.ts";
import type { PodPorts } from "../../../ports/pod-ports.ts";
import type { Registry } from "../registry.ts";
import { ensureCertificates } from "./certificates.ts";
import { authenticate, type Credentials, ensureCredentials, type User } from "./credentials.ts";
import { Discovery } from "./discovery.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { OpenApi } from "./openapi.ts";
import { isOwnHost } from "./own-host.ts";
import { writePrivate } from "./private-file.ts";
import { json, type Reply, sendReply } from "./reply.ts";
import { type Api, route } from "./route.ts";
import { Refusal, statusOf } from "./status.ts";
import { sendStream } from "./stream.ts";
import { mayUpgrade, responseOn, sendUpgrade, type Upgrade } from "./upgrade.ts";

export interface ServeOptions {
  sandbox: { as(user: User): Cluster; registry: Registry };
  /** 0: any free one. */
  port: number;
  /** Where kubeconfig, token and certificates lie. */
  homeDir: string;
  podLogs?: PodLogs;
  podPorts?: PodPorts;
  clock: Clock;
  log: Log;
}

export interface ServedApi {
  url: string;
  kubeconfigFile: string;
  close(): Promise<void>;
}

const RENEWAL_CHECK_MS = 24 * 3_600_000;
/** Longer than client-go keeps idle connections (90 s), so that none is closed just as a client writes to it. */
const KEEP_ALIVE_MS = 120_000;
const MAX_HEADER_BYTES = 64 * 1024;

export async function serveApi(options: ServeOptions): Promise<ServedApi> {
  const { port, homeDir, clock, log } = options;
  const tlsDir = join(homeDir, "tls");
  const kubeconfigFile = join(homeDir, "kubeconfig");
  const credentials = ensureCredentials(homeDir);
  const certificates = await ensureCertificates(tlsDir, clock.now());
  const closing = new AbortController();
  const listener = requestListener(options, credentials, closing.signal);
  const servers = await listen(port, certificates.server, { listener, log });
  const url = `https://127.0.0.1:${(servers[0]!.address() as AddressInfo).port}`;
  const { token } = credentials;
  writePrivate(kubeconfigFile, renderKubeconfig({ url, authorityPem: certificates.authorityPem, token }));
  const stopRenewal = renewDaily(options, async () => {
    const { authorityPem, server } = await ensureCertificates(tlsDir, clock.now());
    for (const each of servers) each.setSecureContext({ cert: server.certificatePem, key: server.keyPem });
    writePrivate(kubeconfigFile, renderKubeconfig({ url, authorityPem, token }));
  });
  log.info("sandbox API is up", { url, kubeconfig: kubeconfigFile });
  return {
    url,
    kubeconfigFile,
    close: async () => {
      stopRenewal();
      closing.abort();
      await Promise.all(servers.map(closeServer));
    },
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade) => void;

/** On 127.0.0.1, and on the same port of ::1 where this machine has IPv6. */
async function listen(
  port: number,
  { certificatePem, keyPem }: { certificatePem: string; keyPem: string },
  { listener, log }: { listener: Listener; log: Log },
): Promise<Server[]> {
  const make = () => {
    const tls = { cert: certificatePem, key: keyPem, minVersion: "TLSv1.2" as const };
    const limits = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS };
    const options = { ...tls, ...limits, shouldUpgradeCallback: mayUpgrade };
    const server = createServer(options, (request, response) => listener(request, response));
    server.on("upgrade", (request, socket, head) => {
      const upgrade = { socket, head };
      listener(request, responseOn(request, upgrade), upgrade);
    });
    // Watches last as long as the client wants; uploads are bounded by their size.
    server.requestTimeout = 0;
    server.headersTimeout = 30_000;
    return server;
  };
  const first = make();
  await bind(first, port, "127.0.0.1");
  const second = make();
  try {
    await bind(second, (first.address() as AddressInfo).port, "::1");
    return [first, second];
  } catch (error) {
    // No IPv6, or somebody else on that port of it: clients come by the kubeconfig's IPv4 address.
    log.debug("sandbox API is not on ::1", { error: String(error) });
    return [first];
  }
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, ipv6Only: host === "::1" }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function requestListener(options: ServeOptions, credentials: Credentials, closing: AbortSignal): Listener {
  const api: Api = {
    registry: options.sandbox.registry,
    clusterAs: clusterOf(options.sandbox),
    podLogs: options.podLogs,
    podPorts: options.podPorts,
    clock: options.clock,
    discovery: new Discovery(options.sandbox.registry),
    openApi: new OpenApi(options.sandbox.registry),
  };
  return (request, response, upgrade) => {
    // A client that goes away in mid-sentence is no error of ours.
    request.on("error", () => {});
    response.on("error", () => {});
    answer(api, { request, response, upgrade, credentials, closing, log: options.log }).catch((error: unknown) => {
      options.log.error("request failed", { method: request.method, path: pathOf(request), error: String(error) });
      response.destroy();
    });
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  upgrade: Upgrade | undefined;
  credentials: Credentials;
  closing: AbortSignal;
  log: Log;
}

async function answer(api: Api, exchange: Exchange): Promise<void> {
  const { request, response, upgrade, credentials, closing, log } = exchange;
  const reply = await replyTo(api, request, credentials);
  if (response.destroyed) return;
  if (reply.kind === "upgrade") return sendUpgrade(response, upgrade!, { reply, closing });
  if (reply.kind === "stream") return sendStream(response, reply, closing);
  if (reply.code >= 500)
    log.warn("request refused", { method: request.method, path: pathOf(request), code: reply.code });
  await sendReply(request, response, reply);
}

async function replyTo(api: Api, request: IncomingMessage, credentials: Credentials): Promise<Reply> {
  if (!isOwnHost(request.headers.host)) {
    const host = JSON.stringify(request.headers.host ?? "");
    const message = `this API answers only to localhost, 127.0.0.1 and [::1], not to host ${host}`;
    return refusal(new Refusal(421, "MisdirectedRequest", message));
  }
  const user = authenticate(request.headers, credentials);
  if (user === undefined) return refusal(new Refusal(401, "Unauthorized", "Unauthorized"));
  return route(api, request, user);
}

function refusal(error: Refusal): Reply {
  return json(statusOf(error), error.code);
}

/** The token has one user, so one client serves all requests but those made in another's name. */
function clusterOf(sandbox: ServeOptions["sandbox"]): (user: User) => Cluster {
  let known: { user: User; cluster: Cluster } | undefined;
  return (user) => {
    if (known?.user !== user) known = { user, cluster: sandbox.as(user) };
    return known.cluster;
  };
}

function renewDaily({ clock, log }: ServeOptions, renew: () => Promise<void>): () => void {
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.after(RENEWAL_CHECK_MS, () => {
      renew().catch((error: unknown) => log.error("renewal of the certificates failed", { error: String(error) }));
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // Streams were told to end; whoever does not take the rest is cut off.
    setTimeout(() => server.closeAllConnections(), 250).unref();
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0]!;
}
