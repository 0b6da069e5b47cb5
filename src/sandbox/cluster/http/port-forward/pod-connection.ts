// One connection to a port of a pod. Each direction ends by itself, and neither reads faster than the other side takes.

import { connect, type Socket } from "node:net";
import type { PodPort } from "../../../../ports/pod-ports.ts";
import { type Outlet, outletOf } from "./outlet.ts";

export interface PodConnection {
  /** Resolves when there is room for more. */
  write(bytes: Buffer): Promise<void>;
  /** Nothing more comes from the client. The pod may finish what it has to say, but not for ever. */
  end(): void;
  /** The client is gone. */
  destroy(): void;
  /** When the pod has nothing more to say and all that it said is delivered. Never rejects. */
  over: Promise<Over>;
}

/** closed: the pod ended its side. broken: one of the sides is gone. refused: it never came about. */
type Over = { kind: "closed" | "broken" } | { kind: "refused"; why: string };

type Deliver = (bytes: Buffer) => Promise<void>;

/** What may wait for the pod before the client is held back, and with it its other connections in the same tunnel. */
const WAITING_BYTES = 256 * 1024;

/**
 * kubectl says of a local program that is gone no more than of one that only ended its side: an endless answer would go on and on.
 * containerd allows half a second here.
 */
const LAST_WORDS_MS = 5_000;

export interface Connecting {
  found: Promise<PodPort>;
  deliver: Deliver;
  /** Aborts when every connection is to be cut. */
  signal: AbortSignal;
}

/** Begins at once. */
export function connectToPod({ found, deliver, signal }: Connecting): PodConnection {
  const opened = open(found, signal);
  const withSocket = async <T>(act: (opened: Opened) => T): Promise<T | undefined> => {
    const result = await opened;
    return "why" in result ? undefined : act(result);
  };
  return {
    write: async (bytes) => await withSocket(({ write }) => write(bytes)),
    end: () => void withSocket(({ socket }) => endSide(socket)),
    destroy: () => void withSocket(({ socket }) => socket.destroy()),
    over: opened.then((result) => ("why" in result ? result : copy(result.socket, deliver))),
  };
}

interface Opened {
  socket: Socket;
  write: Outlet;
}

async function open(found: Promise<PodPort>, signal: AbortSignal): Promise<Opened | { kind: "refused"; why: string }> {
  const port = await found.catch((error: unknown) => ({ refused: String(error) }));
  if ("refused" in port) return { kind: "refused", why: port.refused };
  // Passed on to the socket as a stream, though the types of `connect` do not name it.
  const buffering = { writableHighWaterMark: WAITING_BYTES };
  const socket = connect({ ...port, ...buffering, signal, allowHalfOpen: true, noDelay: true });
  // Whoever reads hears of it.
  socket.on("error", () => {});
  return { socket, write: outletOf(socket) };
}

function endSide(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
  socket.once("close", () => clearTimeout(timer));
}

async function copy(socket: Socket, deliver: Deliver): Promise<Over> {
  const failure = await failureToConnect(socket);
  if (failure !== undefined) return failure;
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) await deliver(chunk as Buffer);
    return { kind: "closed" };
  } catch {
    return { kind: "broken" };
  }
}

function failureToConnect(socket: Socket): Promise<Over | undefined> {
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve({ kind: "refused", why: reasonOf(error) }));
    // Closed here, because the client went away meanwhile.
    socket.once("close", () => resolve({ kind: "broken" }));
  });
}

function reasonOf({
  code,
  message,
  address,
  port,
}: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  return code === "ECONNREFUSED" ? `failed to connect to ${address}:${port}: connection refused` : message;
}
