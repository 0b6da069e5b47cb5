// Mirrors: copies of a request for other clusters. Nobody waits for their answers, they are counted nowhere, and they are not
// tried again. Host stays as it is: istiod turns Envoy's "-shadow" suffix off (DISABLE_SHADOW_HOST_SUFFIX).

import { type Duplex, Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Gate } from "../gate.ts";
import type { Mirror } from "../routing/table.ts";
import type { Upstream, UpstreamRequest } from "../upstreams/upstream.ts";
import { plainAddress } from "../wire/addresses.ts";
import type { HeaderList } from "../wire/headers.ts";
import { hold } from "../wire/read-buffers.ts";
import type { Downstream } from "./downstream.ts";
import { happens } from "./fault.ts";
import type { NodeRequestView } from "./request-view.ts";

/** A mirror that falls further behind the client's body than this is given up: it must not hold the real request back. */
const BEHIND_LIMIT_BYTES = 1_048_576;

const GIVEN_UP = new Error("mirror given up by the gateway");

export interface MirroredRequest {
  client: Downstream;
  view: NodeRequestView;
  path: string;
  /** As the first attempt has them. */
  headers: HeaderList;
  timeoutMs: number | undefined;
}

/** To be called before the body's first byte has been read. */
export function sendMirrors(gate: Gate, mirrors: readonly Mirror[], mirrored: MirroredRequest): void {
  for (const mirror of mirrors) {
    if (!happens(mirror, gate.live.random)) continue;
    const cluster = gate.live.cluster(mirror.clusterKey);
    const { client, view, path, timeoutMs } = mirrored;
    const { cookie } = view;
    const upstream = cluster?.pick(undefined, view);
    // A mirror gives the client no cookie.
    view.cookie = cookie;
    if (upstream === undefined) continue;
    const shadow = new Shadow(upstream, client);
    if (timeoutMs !== undefined) shadow.onOver = gate.clock.after(timeoutMs, () => shadow.giveUp());
    shadow.send({
      path,
      method: client.method,
      scheme: view.scheme,
      headers: shadowHeaders(mirrored),
      body: client.bodySource === undefined ? null : copyOf(client.bodySource),
      trailers: () => client.trailers(),
      reset: false,
      upgrade: client.upgrade,
    });
  }
}

/** Envoy sends a mirror as a client of its own, so its own address is one more on the way. */
function shadowHeaders({ headers, client }: MirroredRequest): HeaderList {
  const own = plainAddress(client.ends.localAddress);
  const list = headers.map((each, i) =>
    i % 2 === 1 && headers[i - 1] === "x-forwarded-for" ? `${each},${own}` : each,
  );
  list.push("x-envoy-attempt-count", "1", "x-envoy-internal", "true");
  return list;
}

/** Listens beside request-body.ts, which alone says when the client is read. */
function copyOf(request: Readable): Readable {
  const copy = new Readable({ read: () => {} });
  copy.on("error", () => {});
  request.on("data", (chunk: Buffer) => {
    if (copy.destroyed) return;
    hold(chunk);
    copy.push(chunk);
    if (copy.readableLength > BEHIND_LIMIT_BYTES) copy.destroy(GIVEN_UP);
  });
  request.on("aborted", () => copy.destroy(GIVEN_UP));
  request.on("end", () => copy.push(null));
  request.on("close", () => {
    if (!request.readableEnded) copy.destroy(GIVEN_UP);
  });
  return copy;
}

class Shadow implements Dispatcher.DispatchHandler {
  readonly #upstream: Upstream;
  readonly #http2: boolean;
  #controller: Dispatcher.DispatchController | undefined;
  #state: "running" | "given up" | "over" = "running";
  onOver: (() => void) | undefined;

  constructor(upstream: Upstream, client: Downstream) {
    this.#upstream = upstream;
    this.#http2 = upstream.speaksHttp2(client.protocol);
  }

  send(options: UpstreamRequest): void {
    this.#upstream.inFlight++;
    this.#upstream.stats.totals.inFlight++;
    try {
      this.#upstream.dispatch(options, this, this.#http2);
    } catch {
      this.#over();
    }
  }

  giveUp(): void {
    if (this.#state !== "running") return;
    this.#state = "given up";
    this.#controller?.abort(GIVEN_UP);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === "given up") controller.abort(GIVEN_UP);
  }

  /** The copy of a WebSocket's beginning stays without words. */
  onRequestUpgrade(_: unknown, _status: unknown, _headers: unknown, socket: Duplex): void {
    socket.destroy();
    this.#over();
  }

  onResponseStart(): void {}

  onResponseData(): void {}

  onResponseEnd(): void {
    this.#over();
  }

  onResponseError(): void {
    this.#over();
  }

  #over(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.onOver?.();
    this.#upstream.inFlight--;
    this.#upstream.stats.totals.inFlight--;
  }
}
