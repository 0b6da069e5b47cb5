// Through which door a request came in: a port of a Gateway, in plain text or out of TLS, and the hosts that are served there.

import type { Gate } from "../gate.ts";
import type { VirtualHosts } from "../routing/table.ts";

export interface Entrance {
  /** The Gateway's port number, whatever is bound locally. */
  readonly port: number;
  readonly scheme: "http" | "https";
  /** Of the table in use; undefined when nothing is served here now. */
  hosts(): VirtualHosts | undefined;
}

export function plainEntrance({ live }: Gate, port: number): Entrance {
  return { port, scheme: "http", hosts: () => live.table.ports.get(port) };
}
