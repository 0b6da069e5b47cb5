// Sockets towards the clients: loopback only, both families, Node's own parser, Envoy's limits and answers.

import { createServer, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { wantsWebSocket } from "./client-request.ts";
import { Exchange } from "./exchange.ts";
import type { Gate } from "./gate.ts";

/** Envoy's max_request_headers_kb. */
const MAX_HEADER_BYTES = 61_440;
/** Envoy's default idle timeout of client connections; a short one would race with clients that reuse theirs. */
const IDLE_TIMEOUT_MS = 3_600_000;
const DRAIN_MS = 5_000;
const PORT_RETRIES = 20;

export interface Listener {
  localPort: number;
  /** No new connections; running requests finish, at most for the drain time. */
  close(): Promise<void>;
}

/** The port could not be bound; the message says by what and what to do. */
export class PortError extends Error {
  override readonly name = "PortError";
}

/** Serves requests of one Gateway port at 127.0.0.1 and, where there is IPv6, ::1. Local port 0 takes a free one. */
export async function listen(gate: Gate, gatewayPort: number, localPort: number): Promise<Listener> {
  for (let left = PORT_RETRIES; ; left--) {
    const upgraded = new Set<Socket>();
    const v4 = makeServer(gate, gatewayPort, upgraded);
    await bind(v4, "127.0.0.1", localPort);
    const bound = (v4.address() as { port: number }).port;
    const v6 = makeServer(gate, gatewayPort, upgraded);
    try {
      const servers = (await bindIfThere(v6, "::1", bound)) ? [v4, v6] : [v4];
      return { localPort: bound, close: () => drain(gate, servers, upgraded) };
    } catch (error) {
      v4.close();
      if (localPort !== 0 || left === 0) throw error;
    }
  }
}

function makeServer(gate: Gate, gatewayPort: number, upgraded: Set<Socket>): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    // A missing Host is answered by us, so that it is counted and logged.
    requireHostHeader: false,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    requestTimeout: 0,
    // Other upgrades are not passed on: their requests are as any others.
    shouldUpgradeCallback: wantsWebSocket,
    noDelay: true,
  });
  // Node would drop headers beyond its own number in silence; Exchange refuses more than Envoy takes.
  server.maxHeadersCount = 0;
  server.on("request", (request, response) => new Exchange(gate, request, response).start(gatewayPort));
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    new Exchange(gate, request, response).start(gatewayPort);
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    upgraded.add(socket);
    socket.on("close", () => upgraded.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.unshift(head);
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.on("finish", () => socket.end());
    new Exchange(gate, request, response).startUpgrade(gatewayPort);
  });
  server.on("clientError", (error: Error & { code?: string }, socket) => refuse(gate, error, socket as Socket));
  server.on("connect", (_, socket: Socket) => socket.end(rawAnswer(gate, "404 Not Found", "")));
  return server;
}

/** What Envoy's codec answers to bytes that are no request. */
function refuse(gate: Gate, error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET" || error.code === "EPIPE") return void socket.destroy();
  const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const [status, body] = tooLarge
    ? ["431 Request Header Fields Too Large", "Request Header Fields Too Large"]
    : ["400 Bad Request", "Bad Request"];
  gate.stats.nowhere.observe(tooLarge ? 431 : 400, "DPE", 0);
  socket.end(rawAnswer(gate, status, body));
}

function rawAnswer(gate: Gate, status: string, body: string): string {
  const type = body === "" ? "" : "content-type: text/plain\r\n";
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${type}date: ${gate.httpDate()}\r\nserver: istio-envoy\r\nconnection: close\r\n\r\n${body}`;
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => reject(portError(error, host, port)));
    server.listen({ host, port, ipv6Only: host.includes(":") }, resolve);
  });
}

/** False when the machine has no such address. */
async function bindIfThere(server: Server, host: string, port: number): Promise<boolean> {
  try {
    await bind(server, host, port);
    return true;
  } catch (error) {
    const { code } = (error as Error).cause as { code?: string };
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") return false;
    throw error;
  }
}

/** Who wants a port, and the flag that chooses another. */
interface Wanting {
  subject: string;
  flag: string;
}

const REQUESTS: Wanting = { subject: "The gateway cannot listen", flag: "--port" };

export function portError(
  cause: Error & { code?: string },
  host: string,
  port: number,
  { subject, flag }: Wanting = REQUESTS,
): PortError {
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const why =
    cause.code === "EADDRINUSE"
      ? `${place} is in use by another program. Stop that program (\`ss -ltnp 'sport = :${port}'\` or \`lsof -i :${port}\` shows it), or choose another port with ${flag}`
      : cause.code === "EACCES"
        ? `${place} may not be bound by this user. Choose a port above 1023 with ${flag}`
        : `${place} cannot be bound (${cause.message}). Choose another port with ${flag}`;
  return new PortError(`${subject}: ${why}.`, { cause });
}

async function drain(gate: Gate, servers: readonly Server[], upgraded: ReadonlySet<Socket>): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  const cancel = gate.clock.after(DRAIN_MS, () => {
    for (const server of servers) server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
  });
  await Promise.all(closed);
  cancel();
}
