// A Node request as match.ts sees it: with the headers that the gateway passes on, not with all that the client claims.

import type { IncomingMessage } from "node:http";
import { addressesOf, plainAddress } from "./client-request.ts";
import type { HashedRequest } from "./hash.ts";
import { forwardedFor, isTakenOff, JOINED_REQUEST } from "./headers.ts";
import type { Target } from "./target.ts";

/** What a request asks for. */
export interface Origin {
  scheme: "http" | "https";
  authority: string;
  target: Target;
}

export class NodeRequestView implements HashedRequest {
  readonly method: string;
  readonly authority: string;
  readonly scheme: "http" | "https";
  readonly path: string;
  readonly query: string;
  readonly emptyQuery: boolean;
  readonly requestId: string;
  /** Set-Cookie that the load balancer gives the client. */
  cookie: string | undefined;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, { scheme, authority, target }: Origin, requestId: string) {
    this.scheme = scheme;
    this.method = request.method!;
    this.authority = authority;
    this.path = target.path;
    this.query = target.query;
    this.emptyQuery = target.emptyQuery;
    this.requestId = requestId;
    this.#request = request;
  }

  /** Path and query. */
  get target(): string {
    return this.query === "" ? this.path + (this.emptyQuery ? "?" : "") : `${this.path}?${this.query}`;
  }

  get clientAddress(): string {
    return plainAddress(this.#request.socket.remoteAddress);
  }

  /** Both ends with their ports. */
  get connection(): string {
    const { remoteAddress, localAddress } = addressesOf(this.#request);
    return remoteAddress + localAddress;
  }

  header(name: string): readonly string[] | undefined {
    if (name === "x-forwarded-proto") return [this.scheme];
    if (name === "x-request-id") return [this.requestId];
    if (isTakenOff(name)) return undefined;
    const values = this.#request.headersDistinct[name];
    if (name === "x-forwarded-for")
      return [forwardedFor(values ?? [], plainAddress(this.#request.socket.remoteAddress))];
    if (values === undefined || values.length === 1) return values;
    return JOINED_REQUEST.has(name) ? [values.join(",")] : values;
  }
}
