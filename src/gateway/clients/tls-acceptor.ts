// Connections of a port that has TLS servers: the client's first message is looked at, the server that its name leads to is chosen, as
// Envoy's TLS inspector and filter chains do, and the connection goes there with nothing taken from it. No server, no answer.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/tls_inspector

import type { Socket } from "node:net";
import type { Clock } from "../../ports/clock.ts";
import type { Gate } from "../gate.ts";
import { findByHost } from "../routing/match.ts";
import type { TlsPort } from "../routing/table.ts";
import type { Acceptor } from "../wire/listen.ts";
import { type ClientHello, readClientHello } from "./client-hello.ts";
import { passThrough } from "./passthrough.ts";
import { TlsServers } from "./tls-servers.ts";

/** Envoy's defaults for listener filters, and for what the inspector reads. */
const INSPECTION_TIMEOUT_MS = 15_000;
const MAX_HELLO_BYTES = 65_536;

export class TlsAcceptor implements Acceptor {
  readonly #gate: Gate;
  readonly #port: number;
  readonly #plain: Acceptor;
  readonly #servers: TlsServers;

  /** `plain` takes the connections while the port has no TLS servers. */
  constructor(gate: Gate, port: number, plain: Acceptor) {
    this.#gate = gate;
    this.#port = port;
    this.#plain = plain;
    this.#servers = new TlsServers(gate, port);
  }

  accept(socket: Socket): void {
    const port = this.#gate.live.table.tls.get(this.#port);
    if (port === undefined) return this.#plain.accept(socket);
    whenHelloRead(this.#gate.clock, socket, (hello) => this.#choose(port, socket, hello));
  }

  drain(): void {
    this.#plain.drain();
    this.#servers.drain();
  }

  #choose({ servers }: TlsPort, socket: Socket, hello: ClientHello): void {
    const server = findByHost(servers, hello.serverName);
    if (server === undefined || server.kind === "closed") return void socket.destroy();
    if (server.kind === "passthrough") passThrough(this.#gate, socket, server.action);
    else this.#servers.take(socket, server, hello);
  }
}

/** Runs once; what was read is still there to be read. Connections that are no TLS, too slow or too long are closed. */
function whenHelloRead(clock: Clock, socket: Socket, run: (hello: ClientHello) => void): void {
  let read: Buffer = Buffer.alloc(0);
  const close = () => void socket.destroy();
  // From the start, however often a client sends another byte.
  const cancel = clock.after(INSPECTION_TIMEOUT_MS, close);
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const hello = readClientHello(read);
    if (hello === "other" || (hello === "more" && read.length > MAX_HELLO_BYTES)) return close();
    if (hello === "more") return;
    socket.off("readable", onReadable).off("end", close).off("error", close).off("close", cancel);
    cancel();
    socket.unshift(read);
    run(hello);
  };
  socket.on("readable", onReadable).on("end", close).on("error", close).on("close", cancel);
}
