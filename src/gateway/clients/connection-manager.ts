// What speaks with the clients behind one entrance: Node's own parsers, Envoy's limits and answers. Connections come from whoever
// accepted them, in plain text or out of TLS.

import type { Socket } from "node:net";
import type { Entrance } from "../exchange/entrance.ts";
import type { Gate } from "../gate.ts";
import type { SocketReader } from "../wire/socket-reader.ts";
import { Http1Client } from "./http1-client.ts";
import { Http2Entrance } from "./http2-server.ts";
import { whenProtocolKnown } from "./preface.ts";

/** The longest time between two looks for heads that do not come. */
const LOOK_MS = 30_000;

export class ConnectionManager {
  readonly #gate: Gate;
  readonly #entrance: Entrance;
  /** Those that have not said yet what they speak. */
  readonly #silent = new Set<Socket>();
  readonly #http1 = new Set<Http1Client>();
  readonly #http2: Http2Entrance;
  #isLooking = false;

  constructor(gate: Gate, entrance: Entrance) {
    this.#gate = gate;
    this.#entrance = entrance;
    this.#http2 = new Http2Entrance(gate, entrance);
  }

  accept(socket: Socket): void {
    this.#silent.add(socket);
    socket.once("close", () => this.#silent.delete(socket));
    const expire = () => void socket.destroy();
    socket.setTimeout(this.#gate.timeLimits.headMs, expire);
    whenProtocolKnown(socket, (isHttp2, reader, bytes) => {
      socket.setTimeout(0);
      socket.off("timeout", expire);
      this.#silent.delete(socket);
      socket.once("close", () => reader.release());
      if (isHttp2) {
        reader.handOver(socket, bytes);
        this.#http2.accept(socket);
      } else this.#acceptHttp1(socket, reader).read(bytes);
    });
  }

  #acceptHttp1(socket: Socket, reader: SocketReader): Http1Client {
    const [gate, entrance] = [this.#gate, this.#entrance];
    const client = new Http1Client({ gate, entrance, socket, reader, onGone: () => this.#http1.delete(client) });
    this.#http1.add(client);
    if (!this.#isLooking) this.#lookLater();
    return client;
  }

  /** One timer for all connections: a timer for each request would cost more. */
  #lookLater(): void {
    this.#isLooking = true;
    const { clock, timeLimits } = this.#gate;
    clock.after(Math.min(timeLimits.headMs / 4, LOOK_MS), () => {
      this.#isLooking = false;
      const nowMs = this.#gate.monotonicMs();
      for (const client of this.#http1) client.look(nowMs);
      if (this.#http1.size > 0) this.#lookLater();
    });
  }

  /** Ends idle connections; the others end after their answer, since the gate is draining. */
  drain(): void {
    for (const socket of this.#silent) socket.destroy();
    for (const client of this.#http1) client.drain();
    this.#http2.drain();
  }
}
