// Local ports: is one free, who else may have it, and a free one that stays the same over restarts.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

export interface PortUse {
  /** "the gateway" */
  what: string;
  /** "--port" */
  flag: string;
  port: number;
}

/** Throws an error with the cure when something listens there. */
export async function requireFreePort({ what, flag, port }: PortUse): Promise<void> {
  const problem = await tryPort(port);
  if (problem === undefined) return;
  if (problem === "EACCES")
    throw new Error(
      `Port ${port} for ${what} needs more rights than this user has. Choose one above 1023 with ${flag}.`,
    );
  throw inUse({ what, flag, port }, problem);
}

function inUse({ what, flag, port }: PortUse, problem: string): Error {
  return new Error(
    `Port ${port}, wanted for ${what}, is in use by another program (${problem} on localhost:${port}).\n` +
      `Choose another one with \`${flag} ${port + 1}\` (\`npm start -- ${flag} ${port + 1}\`), or find the program with \`${findCommand(port)}\` and end it.`,
  );
}

const TRIES = 20;

/** The port kept in the file, else `first`, and those above it: for a port that nobody asked for. */
export function portsToTry(file: string, first: number): number[] {
  const kept = readKept(file) ?? first;
  return Array.from({ length: Math.min(TRIES, 65_536 - kept) }, (_, i) => kept + i);
}

/** The first one tried at the next start. */
export function keepPort(file: string, port: number): void {
  if (port !== readKept(file)) writeFileSync(file, `${port}\n`);
}

/**
 * Listens on the first port that is free. Only listening tells: a second sandbox that starts at the same time sees the
 * same free ports.
 */
export async function listenOnFirst<T>(
  { what, flag, ports }: Omit<PortUse, "port"> & { ports: readonly number[] },
  listen: (port: number) => Promise<T>,
): Promise<T> {
  for (const port of ports)
    try {
      return await listen(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  const [first = 0, last = first] = [ports[0], ports.at(-1)];
  throw ports.length === 1
    ? inUse({ what, flag, port: first }, "EADDRINUSE")
    : new Error(`Ports ${first} to ${last} for ${what} are all in use. Choose one with ${flag}.`);
}

function readKept(file: string): number | undefined {
  try {
    const port = Number(readFileSync(file, "utf8").trim());
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when free on both loopback addresses, else the error code of listening there. */
async function tryPort(port: number): Promise<string | undefined> {
  const onIpv6 = await tryAddress(port, "::1");
  // A machine without IPv6 is no port in use.
  if (onIpv6 !== undefined && !["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(onIpv6)) return onIpv6;
  return tryAddress(port, "127.0.0.1");
}

function tryAddress(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function findCommand(port: number): string {
  return process.platform === "linux" ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
}
