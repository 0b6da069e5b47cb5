// The TLS servers of one port that somebody has connected to. They follow the table: a server whose settings change beyond its
// certificates, or that is gone, gives its connections a moment to end.

import type { Socket } from "node:net";
import type { Entrance } from "../exchange/entrance.ts";
import type { Gate } from "../gate.ts";
import type { RouteTable, TerminatingServer } from "../routing/table.ts";
import type { ClientHello } from "./client-hello.ts";
import { ConnectionManager } from "./connection-manager.ts";
import { TlsTerminator } from "./tls-terminator.ts";

const DRAIN_MS = 5_000;

export class TlsServers {
  readonly #gate: Gate;
  readonly #port: number;
  readonly #terminators = new Map<string, TlsTerminator>();
  #table: RouteTable | undefined;

  constructor(gate: Gate, port: number) {
    this.#gate = gate;
    this.#port = port;
  }

  take(socket: Socket, server: TerminatingServer, hello: ClientHello): void {
    this.#follow();
    const { key, settings } = server;
    const terminator =
      this.#terminators.get(key) ??
      new TlsTerminator(settings, new ConnectionManager(this.#gate, tlsEntrance(this.#gate, this.#port, key)));
    this.#terminators.set(key, terminator);
    terminator.accept(socket, hello);
  }

  drain(): void {
    for (const terminator of this.#terminators.values()) terminator.drain();
  }

  /** The terminators are those of the table in use. */
  #follow(): void {
    const { table } = this.#gate.live;
    if (table === this.#table) return;
    this.#table = table;
    for (const [key, terminator] of this.#terminators) {
      const server = table.tls.get(this.#port)?.byKey.get(key);
      if (server?.kind === "terminate" && terminator.adopt(server.settings)) continue;
      this.#terminators.delete(key);
      terminator.drain();
      this.#gate.clock.after(DRAIN_MS, () => terminator.destroy());
    }
  }
}

/** As in istiod, each HTTPS server has routes of its own: a Host that is not among its hosts is not found there. */
function tlsEntrance({ live }: Gate, port: number, key: string): Entrance {
  const hosts = () => {
    const server = live.table.tls.get(port)?.byKey.get(key);
    return server?.kind === "terminate" ? server.hosts : undefined;
  };
  return { port, scheme: "https", hosts };
}
