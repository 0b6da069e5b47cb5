// The client of both worlds: one request over HTTP/1.1, and everything that came back.

import { Agent, request as httpRequest } from "node:http";
import type { CaseRequest } from "./case.ts";
import { ID_HEADER } from "./fleet.ts";

export interface WireAnswer {
  status: number;
  rawHeaders: string[];
  body: string;
  tookMs: number;
  /** In place of an answer: how the connection failed. */
  failure?: string;
}

const DEADLINE_MS = 6_000;

export class WireClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #address: (gatewayPort: number) => { host: string; port: number };

  constructor(address: (gatewayPort: number) => { host: string; port: number }) {
    this.#address = address;
  }

  send(request: CaseRequest, id: string): Promise<WireAnswer> {
    const { method = "GET", host = "", path = "/", headers = [], body, port = 80 } = request;
    const raw = ["host", host, ID_HEADER, id, ...headers.flat()];
    if (body !== undefined) raw.push("content-length", String(Buffer.byteLength(body)));
    const startMs = performance.now();
    return new Promise((resolve) => {
      const failed = (error: Error & { code?: string }) =>
        resolve({
          status: 0,
          rawHeaders: [],
          body: "",
          tookMs: performance.now() - startMs,
          failure: error.code ?? error.message,
        });
      const call = httpRequest(
        // Node's types know no flat list of headers, its code does (since 18): names may repeat and keep their case.
        { ...this.#address(port), method, path, headers: raw as never, agent: this.#agent, timeout: DEADLINE_MS },
        (response) => {
          let text = "";
          response.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
          response.on("error", failed);
          response.on("end", () =>
            resolve({
              status: response.statusCode!,
              rawHeaders: response.rawHeaders,
              body: text,
              tookMs: performance.now() - startMs,
            }),
          );
        },
      );
      call.on("timeout", () => call.destroy(new Error("no answer in time")));
      call.on("error", failed);
      call.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
