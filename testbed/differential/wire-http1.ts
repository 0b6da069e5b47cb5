// The client's HTTP/1.1: keeps connections, sends headers as they are written, and goes on after 101.

import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { CaseRequest } from "./case.ts";
import { ID_HEADER } from "./fleet-server.ts";
import { type AddressOf, AnswerRecorder, DEADLINE_MS, type WireAnswer, writeParts } from "./wire-answer.ts";
import { converse } from "./wire-talk.ts";

export class Http1Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #addressOf: AddressOf;

  constructor(addressOf: AddressOf) {
    this.#addressOf = addressOf;
  }

  send(request: CaseRequest, id: string): Promise<WireAnswer> {
    const { method = "GET", path = "/", port = 80, talk } = request;
    return new Promise((resolve) => {
      const recorder = new AnswerRecorder(resolve);
      const failed = (error: Error & { code?: string }) => recorder.end(error.code ?? error.message);
      const call = httpRequest(
        // Node's types know no flat list of headers, its code does (since 18): names may repeat and keep their case.
        {
          ...this.#addressOf(port),
          ...{ method, path, headers: rawHeaders(request, id) as never, agent: this.#agent, timeout: DEADLINE_MS },
        },
        (response) => read(response, recorder),
      );
      call.on("information", ({ statusCode, rawHeaders }) => recorder.inform(statusCode, rawHeaders));
      call.on("timeout", () => call.destroy(new Error("no answer in time")));
      call.on("error", failed);
      call.on("upgrade", (response, socket: Duplex, head: Buffer) => {
        recorder.head(response.statusCode!, response.rawHeaders);
        socket.unshift(head);
        socket.on("error", (error: Error & { code?: string }) => recorder.end(error.code ?? error.message));
        socket.on("close", () => recorder.end());
        converse(socket, talk ?? { say: [], endedBy: "client" }, recorder);
      });
      sendBody(call, request).catch(failed);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function rawHeaders(request: CaseRequest, id: string): string[] {
  const { host = "", headers = [], body, pieces, trailers = [] } = request;
  const raw = ["host", host, ID_HEADER, id, ...headers.flat()];
  if (trailers.length > 0) raw.push("trailer", trailers.map(([name]) => name).join(", "));
  if (pieces !== undefined || trailers.length > 0) raw.push("transfer-encoding", "chunked");
  else if (body !== undefined) raw.push("content-length", String(Buffer.byteLength(body, "latin1")));
  return raw;
}

async function sendBody(call: ClientRequest, request: CaseRequest): Promise<void> {
  const { headers = [], body, pieces, gapMs, trailers = [] } = request;
  if (headers.some(([name, value]) => name.toLowerCase() === "expect" && value.toLowerCase() === "100-continue")) {
    const answered = await Promise.race([
      new Promise<boolean>((resolve) => call.once("continue", () => resolve(false))),
      new Promise<boolean>((resolve) => call.once("response", () => resolve(true))),
      new Promise<boolean>((resolve) => call.once("close", () => resolve(true))),
    ]);
    // Nobody wants the body, and so the connection cannot go on.
    if (answered) return;
  }
  const parts = pieces ?? (body === undefined ? [] : [body]);
  if (pieces !== undefined) call.flushHeaders();
  await writeParts(
    call,
    parts.filter((part) => part !== ""),
    gapMs,
  );
  if (trailers.length > 0) call.addTrailers(trailers.map(([name, value]) => [name, value]) as never);
  call.end();
}

function read(response: IncomingMessage, recorder: AnswerRecorder): void {
  recorder.head(response.statusCode!, response.rawHeaders);
  response.setEncoding("latin1").on("data", (chunk: string) => recorder.data(chunk));
  response.on("error", (error: Error & { code?: string }) => recorder.end(error.code ?? error.message));
  response.on("end", () => {
    recorder.trailers(response.rawTrailers);
    recorder.end();
  });
}
