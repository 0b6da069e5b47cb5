// Where pods live. Linux answers on all of 127.0.0.0/8, so each pod has a loopback address of its own and keeps its port
// numbers. Elsewhere (macOS) all share 127.0.0.1: each container port gets a free local one, and the pod's address is only a name.

import { createHash } from "node:crypto";
import { createServer } from "node:net";

export interface PodAddress {
  podIP: string;
  /** Container port -> where it can be dialled; undefined when that is podIP and the port itself. */
  dial: Record<string, string> | undefined;
}

export type AddressMode = "alias" | "ports";

const SHARED = "127.0.0.1";
const FIRST_HOST = 2;
const LAST_HOST = 254;

export class Addresses {
  readonly mode: AddressMode;
  #prefix: string;
  #taken = new Set<string>();
  #next = FIRST_HOST;

  /** `instance` keeps two sandboxes on one machine apart. */
  constructor(mode: AddressMode, instance: string) {
    this.mode = mode;
    const [a = 0, b = 0] = createHash("sha256").update(instance).digest();
    // Away from 127.0.x.y, where system services bind.
    this.#prefix = mode === "alias" ? `127.${16 + (a % 200)}.${b}` : "10.244.0";
  }

  /** An address on which all the ports are free; `wanted` when it still is one. */
  async allocate(ports: number[], wanted: string | undefined): Promise<PodAddress> {
    if (this.mode === "ports") return { podIP: this.#virtualIP(wanted), dial: await localPorts(ports) };
    const candidates = wanted?.startsWith(`${this.#prefix}.`) ? [wanted] : [];
    for (let tries = FIRST_HOST; tries <= LAST_HOST; tries += 1) {
      const ip = candidates.pop() ?? this.#nextIP();
      if (this.#taken.has(ip)) continue;
      this.#taken.add(ip);
      if (await allFree(ip, ports)) return { podIP: ip, dial: undefined };
      this.#taken.delete(ip);
    }
    throw new Error(`no free pod address in ${this.#prefix}.0/24: delete pods, or stop what listens there`);
  }

  release({ podIP }: PodAddress): void {
    this.#taken.delete(podIP);
  }

  #virtualIP(wanted: string | undefined): string {
    let ip = wanted?.startsWith(`${this.#prefix}.`) && !this.#taken.has(wanted) ? wanted : this.#nextIP();
    while (this.#taken.has(ip)) ip = this.#nextIP();
    this.#taken.add(ip);
    return ip;
  }

  #nextIP(): string {
    const host = this.#next;
    this.#next = host === LAST_HOST ? FIRST_HOST : host + 1;
    return `${this.#prefix}.${host}`;
  }
}

/** Found by trying: binding an address that nobody configured. */
export async function findAddressMode(): Promise<AddressMode> {
  return (await bindable("127.77.77.77", 0)) === undefined ? "ports" : "alias";
}

/** The host and port to dial for a container port. */
export function dialTarget({ podIP, dial }: PodAddress, port: number): { host: string; port: number } {
  if (dial === undefined) return { host: podIP, port };
  const mapped = dial[port] ?? `${SHARED}:${port}`;
  const colon = mapped.lastIndexOf(":");
  return { host: mapped.slice(0, colon), port: Number(mapped.slice(colon + 1)) };
}

async function allFree(ip: string, ports: number[]): Promise<boolean> {
  const bound = await Promise.all(ports.map((port) => bindable(ip, port)));
  return bound.every((port) => port !== undefined);
}

async function localPorts(ports: number[]): Promise<Record<string, string>> {
  const found = await Promise.all(ports.map(() => bindable(SHARED, 0)));
  return Object.fromEntries(ports.map((port, index) => [String(port), `${SHARED}:${found[index] ?? port}`]));
}

/** The port when it can be bound (a free one for 0), undefined when not. It is free again when this resolves. */
function bindable(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
