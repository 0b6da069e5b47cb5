// Sockets towards the clients: loopback only, both families. What is spoken on a connection is for the acceptor to know.

import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../ports/clock.ts";
import { BUFFER_BYTES } from "./gathered-writes.ts";

const DRAIN_MS = 5_000;
const PORT_RETRIES = 20;

/** What takes the connections of a port. */
export interface Acceptor {
  accept(socket: Socket): void;
  /** No new connection comes after this: idle ones are to end now, the others when they become idle. */
  drain(): void;
}

export interface Listener {
  localPort: number;
  /** No new connections; running requests finish, at most for the drain time. */
  close(): Promise<void>;
}

/** The port could not be bound; the message says by what and what to do. */
export class PortError extends Error {
  override readonly name = "PortError";
}

/** Accepts at 127.0.0.1 and, where there is IPv6, ::1. Local port 0 takes a free one. */
export async function listen(clock: Clock, acceptor: Acceptor, localPort: number): Promise<Listener> {
  const open = new Set<Socket>();
  for (let left = PORT_RETRIES; ; left--) {
    const v4 = makeServer(acceptor, open);
    await bind(v4, "127.0.0.1", localPort);
    const bound = (v4.address() as { port: number }).port;
    const v6 = makeServer(acceptor, open);
    try {
      const servers = (await bindIfThere(v6, "::1", bound)) ? [v4, v6] : [v4];
      return { localPort: bound, close: () => drain({ clock, acceptor, servers, open }) };
    } catch (error) {
      v4.close();
      if (localPort !== 0 || left === 0) throw error;
    }
  }
}

function makeServer(acceptor: Acceptor, open: Set<Socket>): Server {
  // A client may end its side and still wait for the answer.
  return createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: BUFFER_BYTES }, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    acceptor.accept(socket);
  });
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

interface Draining {
  clock: Clock;
  acceptor: Acceptor;
  servers: readonly Server[];
  open: ReadonlySet<Socket>;
}

async function drain({ clock, acceptor, servers, open }: Draining): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  acceptor.drain();
  const cancel = clock.after(DRAIN_MS, () => {
    for (const socket of open) socket.destroy();
  });
  await Promise.all(closed);
  cancel();
}
