// Connection limits of one cluster. With HTTP/1.1 every running request has a connection to itself, so connections are counted
// as running requests; those beyond wait, up to their own limit. The number of requests has a limit beside it, and there nobody waits.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking

import type { ConnectionLimits } from "../routing/table.ts";

export interface Ticket {
  /** Whose connection is wanted. */
  readonly host: object;
  /** The host has a connection that nobody uses. */
  isConnected(): boolean;
  /** At once or later, when it is its turn. */
  run(): void;
}

export class Admission {
  readonly limits: ConnectionLimits;
  readonly #running = new Map<Ticket, object>();
  /** Of those, whose connection is being made: Envoy lets them count as waiting. */
  readonly #connecting = new Set<Ticket>();
  readonly #waiting = new Set<Ticket>();

  constructor(limits: ConnectionLimits) {
    this.limits = limits;
  }

  /** False: there are too many already. */
  enter(ticket: Ticket): boolean {
    const mayRun = this.#mayRun(ticket);
    if (mayRun && this.#running.size >= this.limits.maxRequests) return false;
    const isConnected = mayRun && ticket.isConnected();
    if (!isConnected && this.#waiting.size + this.#connecting.size >= this.limits.maxPending) return false;
    if (mayRun) this.#run(ticket, isConnected);
    else this.#waiting.add(ticket);
    return true;
  }

  isWaiting(ticket: Ticket): boolean {
    return this.#waiting.has(ticket);
  }

  /** It has a connection. */
  started(ticket: Ticket): void {
    this.#connecting.delete(ticket);
  }

  /** Ended, or no longer wanted. */
  leave(ticket: Ticket): void {
    this.#waiting.delete(ticket);
    this.#running.delete(ticket);
    this.#connecting.delete(ticket);
    for (const next of this.#waiting)
      if (this.#mayRun(next)) {
        this.#waiting.delete(next);
        this.#run(next, false);
      }
  }

  #run(ticket: Ticket, isConnected: boolean): void {
    this.#running.set(ticket, ticket.host);
    if (!isConnected) this.#connecting.add(ticket);
    ticket.run();
  }

  /** Every host may have one connection, however many there are. */
  #mayRun({ host }: Ticket): boolean {
    return this.#running.size < this.limits.maxConnections || ![...this.#running.values()].includes(host);
  }
}
