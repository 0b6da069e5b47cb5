// A Node request as match.ts sees it.

import type { IncomingMessage } from "node:http";
import type { RequestView } from "./match.ts";
import type { Target } from "./target.ts";

export class NodeRequestView implements RequestView {
  readonly method: string;
  readonly authority: string;
  readonly scheme = "http";
  readonly path: string;
  readonly query: string;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, authority: string, { path, query }: Target) {
    this.method = request.method!;
    this.authority = authority;
    this.path = path;
    this.query = query;
    this.#request = request;
  }

  /** Path and query. */
  get target(): string {
    return this.query === "" ? this.path : `${this.path}?${this.query}`;
  }

  header(name: string): string | undefined {
    return this.#request.headersDistinct[name]?.join(",");
  }
}
