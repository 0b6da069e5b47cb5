// Who may have a port: of several servers at one port the first says whether it is plain text or TLS, and a host of TLS servers belongs to
// one of them, since a client's SNI must lead to one certificate. istiod's mergeGateways leaves the later ones out, in silence.

import type { Complain } from "./compile-match.ts";
import type { ServerTemplate } from "./server-template.ts";

interface Claim {
  speech: "plain text" | "TLS";
  gateway: string;
  /** Of servers with TLS settings: whose host it is. */
  hosts: Map<string, string>;
  keys: Set<string>;
}

export class PortClaims {
  readonly #claims = new Map<number, Claim>();

  /** False: the server is left out, and why has been said. */
  claim(server: ServerTemplate, field: string, complain: Complain): boolean {
    const { gateway, port, hosts, serves } = server;
    const speech = serves.kind === "http" ? "plain text" : "TLS";
    const known = this.#claims.get(port) ?? { speech, gateway, hosts: new Map(), keys: new Set() };
    this.#claims.set(port, known);
    const refuse = (at: string, why: string): false => {
      complain(`${field}.${at}`, `${field}.${at}: ${why}`);
      return false;
    };
    if (known.speech !== speech)
      return refuse("port.number", `${port} speaks ${known.speech} already, by Gateway ${known.gateway}`);
    if (serves.kind === "http" && !serves.redirectsToHttps) return true;
    const taken = hosts.find((host) => known.hosts.has(host));
    if (taken !== undefined)
      return refuse("hosts", `${taken} at port ${port} is Gateway ${known.hosts.get(taken)}'s already`);
    if (serves.kind === "https" && known.keys.has(serves.key))
      return refuse("port.name", `every HTTPS server of a Gateway's port needs a name of its own`);
    for (const host of hosts) known.hosts.set(host, gateway);
    if (serves.kind === "https") known.keys.add(serves.key);
    return true;
  }
}
