// The client of both worlds: one request, and everything that came back.

import type { CaseRequest } from "./case.ts";
import type { AddressOf, WireAnswer } from "./wire-answer.ts";
import { Http1Client } from "./wire-http1.ts";
import { Http2Client } from "./wire-http2.ts";

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
