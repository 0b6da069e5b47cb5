// A client's request as match.ts sees it: with the headers that the gateway passes on, not with all that the client claims.

import type { Target } from "../routing/target.ts";
import type { HashedRequest } from "../upstreams/hash.ts";
import { addressesOf, plainAddress } from "../wire/addresses.ts";
import { forwardedFor, isTakenOff, JOINED_REQUEST } from "../wire/headers.ts";
import type { Downstream } from "./downstream.ts";

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
  readonly #client: Downstream;

  constructor(client: Downstream, { scheme, authority, target }: Origin, requestId: string) {
    this.scheme = scheme;
    this.method = client.method;
    this.authority = authority;
    this.path = target.path;
    this.query = target.query;
    this.emptyQuery = target.emptyQuery;
    this.requestId = requestId;
    this.#client = client;
  }

  /** Path and query. */
  get target(): string {
    return this.query === "" ? this.path + (this.emptyQuery ? "?" : "") : `${this.path}?${this.query}`;
  }

  get clientAddress(): string {
    return plainAddress(this.#client.ends.remoteAddress);
  }

  /** Both ends with their ports. */
  get connection(): string {
    const { remoteAddress, localAddress } = addressesOf(this.#client.ends);
    return remoteAddress + localAddress;
  }

  header(name: string): readonly string[] | undefined {
    if (name === "x-forwarded-proto") return [this.scheme];
    if (name === "x-request-id") return [this.requestId];
    if (isTakenOff(name)) return this.#restored(name);
    const values = this.#client.values(name);
    if (name === "x-forwarded-for") return [forwardedFor(values ?? [], plainAddress(this.#client.ends.remoteAddress))];
    if (values === undefined || values.length === 1) return values;
    return JOINED_REQUEST.has(name) ? [values.join(",")] : values;
  }

  /** What the gateway says in the place of what the client said. */
  #restored(name: string): readonly string[] | undefined {
    const { ends, upgrade } = this.#client;
    const value =
      name === "x-forwarded-client-cert" ? ends.forwardedCertificate : name === "upgrade" ? upgrade : undefined;
    return value === undefined ? undefined : [value];
  }
}
