// The connections to one endpoint that speaks TLS. Each host that requests are for has connections of its own, since the name that was
// asked for in the handshake belongs to the connection: Envoy's auto_sni. Those of hosts that nobody asks for any more are given up.

import type { TLSSocket } from "node:tls";
import { hostWithoutPort } from "../routing/names.ts";
import type { UpstreamTls } from "../routing/tls-settings.ts";
import type { HeaderList } from "../wire/headers.ts";
import type { Http1Pool } from "./http1-pool.ts";
import type { Http2Pool } from "./http2-pool.ts";
import { secureDialer } from "./upstream-tls.ts";

/** For each protocol that may be spoken. */
export interface Lane {
  http1: Http1Pool | undefined;
  http2: Http2Pool | undefined;
}

export type LaneDial = (place: { host: string; port: number }, protocol: "h2" | undefined) => TLSSocket;

/** So many hosts at once; a wildcard host would let clients open connections without end. */
const MAX_LANES = 64;

export class SecureLanes {
  readonly #tls: UpstreamTls;
  readonly #make: (dial: LaneDial) => Lane;
  readonly #dial: ReturnType<typeof secureDialer>;
  /** By host, the one used last at the end. */
  readonly #lanes = new Map<string, Lane>();

  constructor(tls: UpstreamTls, make: (dial: LaneDial) => Lane) {
    this.#tls = tls;
    this.#make = make;
    this.#dial = secureDialer(tls);
  }

  laneOf(headers: HeaderList): Lane {
    const host = this.#tls.serverName ?? hostWithoutPort(headers[headers.indexOf("host") + 1] ?? "");
    const lane =
      this.#lanes.get(host) ?? this.#make((place, protocol) => this.#dial({ ...place, name: host, protocol }));
    this.#lanes.delete(host);
    this.#lanes.set(host, lane);
    if (this.#lanes.size > MAX_LANES) this.#giveUpOldest();
    return lane;
  }

  all(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  #giveUpOldest(): void {
    const [[host, { http1, http2 }]] = this.#lanes as unknown as [[string, Lane]];
    this.#lanes.delete(host);
    void Promise.allSettled([http1?.close(), http2?.close()]);
  }
}
