// The client of both worlds: one request, and everything that came back.

import type { CaseRequest } from "./case.ts";
import { Http1Client } from "./wire-http1.ts";
import { Http2Client } from "./wire-http2.ts";

export interface WireAnswer {
  status: number;
  rawHeaders: string[];
  body: string;
  rawTrailers: string[];
  /** 1xx answers that came before. */
  informed: { status: number; rawHeaders: string[] }[];
  tookMs: number;
  /** From sending to the first byte of the body. */
  startedMs: number;
  /** In place of an answer, or of its end: how the connection failed. */
  failure?: string;
}

export type AddressOf = (gatewayPort: number) => { host: string; port: number };

export const DEADLINE_MS = 6_000;

export class WireClient {
  readonly #http1: Http1Client;
  readonly #http2: Http2Client;

  constructor(addressOf: AddressOf) {
    this.#http1 = new Http1Client(addressOf);
    this.#http2 = new Http2Client(addressOf);
  }

  send(request: CaseRequest, id: string): Promise<WireAnswer> {
    return request.protocol === "h2c" ? this.#http2.send(request, id) : this.#http1.send(request, id);
  }

  close(): void {
    this.#http1.close();
    this.#http2.close();
  }
}
