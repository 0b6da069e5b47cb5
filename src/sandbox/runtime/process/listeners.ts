// Which ports a process group listens on for every address: such a program would be reachable from outside, and two pods
// of it would fight for one port. Linux tells by /proc; elsewhere nothing is known.
// https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html

import { readdir, readFile, readlink } from "node:fs/promises";
import { platform } from "node:process";

const LISTEN = "0A";

/** Ports bound to 0.0.0.0 or :: by the group that `leader` leads. Empty where it cannot be known. */
export async function wildcardPorts(leader: number): Promise<number[]> {
  if (platform !== "linux") return [];
  const sockets = [...wildcardSockets(await read("/proc/net/tcp")), ...wildcardSockets(await read("/proc/net/tcp6"))];
  if (sockets.length === 0) return [];
  const owned = await socketsOf(await membersOf(leader));
  return [...new Set(sockets.filter(({ inode }) => owned.has(inode)).map(({ port }) => port))].sort((a, b) => a - b);
}

/** True when a program listens on this very address, not on all of them. */
export async function listensOn(ip: string, port: number): Promise<boolean> {
  if (platform !== "linux") return false;
  return listenersIn(await read("/proc/net/tcp")).some(
    (each) => each.address === littleEndianHex(ip) && each.port === port,
  );
}

/** An IPv4 address as the kernel of a little-endian machine prints it: 127.16.0.2 is 0200107F. */
function littleEndianHex(ip: string): string {
  return Buffer.from(ip.split(".").map(Number).reverse()).toString("hex").toUpperCase();
}

/** Lines of /proc/net/tcp: `sl local_address rem_address st … inode`, addresses in hexadecimal. */
export function wildcardSockets(table: string): { port: number; inode: string }[] {
  const everywhere = listenersIn(table).filter(({ address }) => /^0+$/.test(address));
  return everywhere.map(({ port, inode }) => ({ port, inode }));
}

function listenersIn(table: string): { address: string; port: number; inode: string }[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [address = "", port = ""] = (fields[1] ?? "").split(":");
      return fields[3] === LISTEN ? [{ address, port: Number.parseInt(port, 16), inode: fields[9] ?? "" }] : [];
    });
}

async function membersOf(leader: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const groups = await Promise.all(pids.map(async (pid) => groupOf(await read(`/proc/${pid}/stat`))));
  return pids.flatMap((pid, index) => (groups[index] === leader ? [Number(pid)] : []));
}

/** `pid (name) state ppid pgrp …`; the name may hold anything, brackets included. */
export function groupOf(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.length > 2 ? Number(fields[2]) : undefined;
}

async function socketsOf(pids: number[]): Promise<Set<string>> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    for (const name of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${name}`).catch(() => "");
      const socket = /^socket:\[(\d+)\]$/.exec(target);
      if (socket !== null) inodes.add(socket[1]!);
    }
  }
  return inodes;
}

/** A process that ended meanwhile reads as nothing. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
