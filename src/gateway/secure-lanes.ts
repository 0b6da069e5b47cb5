// The connections to one endpoint that speaks TLS. Each host that requests are for has connections of its own, since the name that was
// asked for in the handshake belongs to the connection: Envoy's auto_sni. Those of hosts that nobody asks for any more are given up.

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { buildConnector, Pool } from "undici";
import type { HeaderList } from "./headers.ts";
import type { Http2Pool } from "./http2-pool.ts";
import { hostWithoutPort } from "./names.ts";
import type { UpstreamTls } from "./tls-settings.ts";
import { tlsFailure, UpstreamError } from "./upstream-error.ts";
import { secureDialer } from "./upstream-tls.ts";

/** For each protocol that may be spoken. */
export interface Lane {
  http1: Pool | undefined;
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

/** For undici, which takes the connection for a plain one. */
export function secureConnector(dial: () => TLSSocket, timeoutMs: number): buildConnector.connector {
  return (_, callback) => {
    const socket = dial();
    whenSecure(socket, timeoutMs, (error) => (error === undefined ? callback(null, socket) : callback(error, null)));
  };
}

/** Runs once: when the handshake is done, or with the reason why it will not be. */
function whenSecure(socket: Socket, timeoutMs: number, run: (error: UpstreamError | undefined) => void): void {
  let failure: UpstreamError | undefined;
  const expire = () => {
    failure = new UpstreamError({ kind: "connect", reason: "timeout" });
    socket.destroy();
  };
  const onError = (error: Error) => (failure ??= new UpstreamError(tlsFailure(error), { cause: error }));
  const onClose = () => run(failure ?? new UpstreamError(tlsFailure(new Error("closed"))));
  socket.setTimeout(timeoutMs, expire);
  socket.on("error", onError).on("close", onClose);
  socket.once("secureConnect", () => {
    socket.setTimeout(0).off("timeout", expire).off("error", onError).off("close", onClose);
    run(undefined);
  });
}
