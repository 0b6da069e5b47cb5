// One connection of a client that speaks HTTP/1.1. Requests that it sends without waiting for the answers before (pipelining) are passed
// on one after the other, as Envoy does: https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2. Whoever sends bytes that are no request
// gets an answer that says so, after the answers that are still to come, and the end of the connection; behind it nothing is read.

import type { Socket } from "node:net";
import type { Entrance } from "../exchange/entrance.ts";
import { Exchange } from "../exchange/exchange.ts";
import * as local from "../exchange/local-reply.ts";
import type { Gate } from "../gate.ts";
import { type MessageHead, MessageParser } from "../wire/http1-parser.ts";
import { LENT_FROM_BYTES } from "../wire/read-buffers.ts";
import type { SocketReader } from "../wire/socket-reader.ts";
import { hasBody, wantsWebSocket } from "./client-request.ts";
import { Http1Downstream } from "./http1-downstream.ts";
import { Http1Request } from "./http1-request.ts";

/** Envoy's delayed_close_timeout: ending at once what is still being sent would take the answer away from the client. */
const LINGER_MS = 1_000;
const GONE = new Error("the client has gone");

export interface Http1ClientOptions {
  gate: Gate;
  entrance: Entrance;
  socket: Socket;
  reader: SocketReader;
  onGone: () => void;
}

export class Http1Client {
  readonly #gate: Gate;
  readonly #entrance: Entrance;
  readonly socket: Socket;
  readonly #reader: SocketReader;
  readonly #parser: MessageParser;
  readonly #onGone: () => void;
  /** Whose answers are to come; the first one's is coming. */
  readonly #queue: Http1Downstream[] = [];
  /** Whose body is coming: always the newest. */
  #receiving: Http1Downstream | undefined;
  /** Bytes left of a body that goes past the parser. */
  #plainBytes = 0;
  /** Since when a head has been coming. */
  #headSinceMs: number | undefined;
  /** Nothing that comes now is a request. */
  #isDeaf = false;
  /** What it gets for what it sent, when its turn has come. */
  #refusal: local.LocalReply | undefined;
  #upgrading: Http1Downstream | undefined;
  #isPaused = false;
  #isPumping = false;
  #idle: { bytesRead: number; sinceMs: number } | undefined;

  constructor({ gate, entrance, socket, reader, onGone }: Http1ClientOptions) {
    this.#gate = gate;
    this.#entrance = entrance;
    this.socket = socket;
    this.#reader = reader;
    this.#onGone = onGone;
    this.#parser = new MessageParser("requests", {
      onBegin: () => (this.#headSinceMs = gate.monotonicMs()),
      onHead: (head) => this.#onHead(head),
      onBody: (chunk) => this.#receiving?.bodySource!.receive(chunk),
      onComplete: () => this.#onComplete(),
    });
    const quietMs = Math.min(gate.timeLimits.stallMs, gate.timeLimits.idleMs);
    socket.setTimeout(quietMs);
    socket.on("timeout", () => this.#onQuiet(quietMs));
    socket.on("error", () => {});
    socket.on("end", this.#onEnd);
    socket.on("close", () => this.#onClose());
    reader.passOn((bytes) => this.read(bytes));
  }

  /** What has come. */
  read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#isDeaf; ) {
      const left = at === 0 ? bytes : bytes.subarray(at);
      const used = this.#plainBytes > 0 ? this.#readPlain(left) : this.#parser.execute(left);
      if (typeof used !== "number") return this.#refuse(used);
      at += used;
      if (this.#upgrading !== undefined) return this.#startUpgrade(this.#upgrading, bytes.subarray(at));
      this.#pump();
    }
    this.readOn();
  }

  #onHead(head: MessageHead): "body" | "no body" | "other protocol" {
    this.#headSinceMs = undefined;
    const request = new Http1Request(head);
    const client = new Http1Downstream(this.#gate, this, request);
    this.#queue.push(client);
    if (head.method === "CONNECT") {
      this.#isDeaf = true;
      return "other protocol";
    }
    // Other upgrades are not passed on, nor one behind requests without an answer: these are as any other requests.
    if (head.upgrade && this.#queue.length === 1 && wantsWebSocket(request)) {
      this.#upgrading = client;
      return "other protocol";
    }
    if (!hasBody(request)) return "body";
    this.#receiving = client;
    // Past the parser, which would copy every byte of it. It has checked the length, and allows no two of them and none beside chunks.
    const bytes = request.text("transfer-encoding") === undefined ? Number(request.text("content-length")) : 0;
    if (bytes < LENT_FROM_BYTES || !Number.isSafeInteger(bytes)) return "body";
    this.#plainBytes = bytes;
    return "other protocol";
  }

  #readPlain(bytes: Buffer): number {
    const { bodySource } = this.#receiving!;
    const body = bytes.length > this.#plainBytes ? bytes.subarray(0, this.#plainBytes) : bytes;
    this.#plainBytes -= body.length;
    if (!bodySource!.isUnwanted) bodySource!.receive(this.#reader.lend(body));
    if (this.#plainBytes === 0) {
      this.#parser.restart();
      this.#onComplete();
    }
    return body.length;
  }

  #onComplete(): void {
    if (this.#plainBytes > 0) return;
    this.#receiving?.bodySource!.push(null);
    this.#receiving = undefined;
  }

  /** Starts the request whose turn it is. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let next = this.#queue[0]; next !== undefined && next.exchange === undefined; next = this.#queue[0])
      this.#start(next);
    this.#isPumping = false;
    if (this.#refusal !== undefined) this.#sayRefusal(this.#refusal);
  }

  #start(client: Http1Downstream): void {
    if (client.method === "CONNECT") {
      this.#queue.length = 0;
      return this.#endWith(local.NO_TUNNEL);
    }
    client.exchange = new Exchange(this.#gate, this.#entrance, client);
    client.exchange.start();
  }

  answered(client: Http1Downstream): void {
    this.#queue.shift();
    if (client.closes) return this.#close();
    if (client === this.#receiving) client.bodySource!.dump();
    this.#pump();
    this.readOn();
  }

  /** Reads on, or not: requests that wait for their turn and a body that nobody takes hold the client back. */
  readOn(): void {
    const isFull = this.#queue.length > 1 || this.#receiving?.bodySource!.isFull === true;
    if (isFull === this.#isPaused || this.#upgrading !== undefined) return;
    this.#isPaused = isFull;
    if (isFull) this.socket.pause();
    else this.socket.resume();
  }

  // WebSockets.

  #startUpgrade(client: Http1Downstream, rest: Buffer): void {
    this.socket.setTimeout(0);
    this.#reader.handOver(this.socket, rest);
    this.#isDeaf = true;
    client.upgrade = client.text("upgrade");
    client.exchange = new Exchange(this.#gate, this.#entrance, client);
    client.exchange.startUpgrade(client);
  }

  handedOver(): void {
    this.#queue.length = 0;
    this.socket.off("end", this.#onEnd);
  }

  // Bad clients, slow ones, and those who go.

  #refuse(error: Error & { code?: string }): void {
    this.#isDeaf = true;
    const { code = "" } = error;
    if (code === "HPE_INVALID_EOF_STATE") return void this.socket.destroy();
    this.#refusal = code === "HPE_HEADER_OVERFLOW" ? local.LARGE_HEAD : local.BAD_REQUEST;
    this.#pump();
  }

  #sayRefusal(reply: local.LocalReply): void {
    const [first] = this.#queue;
    if (first === undefined) this.#endWith(reply);
    else if (first === this.#receiving) this.#breakOff(first, reply);
    else return;
    this.#refusal = undefined;
  }

  /** The rest of its body does not come. */
  #breakOff({ exchange }: Http1Downstream, reply: local.LocalReply): void {
    if (exchange === undefined || exchange.done) this.socket.destroySoon();
    else exchange.breakOff(reply);
  }

  /** The last answer of the connection, without an exchange. */
  #endWith(reply: local.LocalReply): void {
    this.#gate.stats.nowhere.observe(reply.code, reply.flags, 0);
    this.socket.write(local.rawAnswer(reply, this.#gate.httpDate()), "latin1");
    this.#close();
  }

  /** Reads on for nobody, for a moment, so that the client sees its answer. */
  #close(): void {
    this.#isDeaf = true;
    this.#queue.length = 0;
    this.socket.end();
    this.socket.resume();
    const cancel = this.#gate.clock.after(LINGER_MS, () => this.socket.destroy());
    this.socket.once("close", cancel);
  }

  /** A head that has been coming for too long. To be called now and then. */
  look(nowMs: number): void {
    if (this.#headSinceMs === undefined || this.#isPaused || this.#isDeaf) return;
    if (nowMs - this.#headSinceMs < this.#gate.timeLimits.headMs) return;
    this.#isDeaf = true;
    this.#refusal = local.SLOW_HEAD;
    this.#pump();
  }

  /** Nothing has come and nothing has gone for so long: is it the client's fault, and enough? */
  #onQuiet(quietMs: number): void {
    if (this.#hasStalled(quietMs)) this.socket.destroy();
    else this.socket.setTimeout(quietMs);
  }

  #hasStalled(quietMs: number): boolean {
    const [first] = this.#queue;
    if (first === undefined) return this.#hasIdled(quietMs);
    // While nobody takes the body it is not the client's fault.
    if (first === this.#receiving && first.bodySource!.readableFlowing === true && !first.headSent) {
      this.#isDeaf = true;
      this.#breakOff(first, local.SLOW_BODY);
      return false;
    }
    return this.socket.writableLength > 0;
  }

  /** A connection without a request. */
  #hasIdled(quietMs: number): boolean {
    const nowMs = this.#gate.monotonicMs();
    const { bytesRead } = this.socket;
    if (this.#idle?.bytesRead !== bytesRead) this.#idle = { bytesRead, sinceMs: nowMs - quietMs };
    return nowMs - this.#idle.sinceMs >= this.#gate.timeLimits.idleMs;
  }

  /** Whoever ends its side while it waits is taken for gone, as in Envoy. */
  readonly #onEnd = (): void => {
    if (this.#queue.length > 0 || this.#headSinceMs !== undefined) this.socket.destroy();
    else this.socket.end();
  };

  #onClose(): void {
    this.#isDeaf = true;
    this.#onGone();
    const [first] = this.#queue;
    this.#queue.length = 0;
    first?.gone();
    this.#receiving?.bodySource!.destroy(GONE);
    this.#receiving = undefined;
    // Not from within its own callbacks.
    setImmediate(() => this.#parser.close());
  }

  /** Ends it unless a request is on its way. */
  drain(): void {
    if (this.#queue.length === 0 && this.#headSinceMs === undefined) this.#close();
  }
}
