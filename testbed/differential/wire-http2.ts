// The client's HTTP/2 by prior knowledge: one connection per port, as many streams as are asked for.

import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { CaseRequest } from "./case.ts";
import { grouped } from "./fleet-call.ts";
import { ID_HEADER } from "./fleet-server.ts";
import { type AddressOf, AnswerRecorder, DEADLINE_MS, type WireAnswer, writeParts } from "./wire-answer.ts";
import { converse } from "./wire-talk.ts";

export class Http2Client {
  readonly #sessions = new Map<number, ClientHttp2Session>();
  readonly #addressOf: AddressOf;

  constructor(addressOf: AddressOf) {
    this.#addressOf = addressOf;
  }

  async send(request: CaseRequest, id: string): Promise<WireAnswer> {
    const session = this.#session(request.port ?? 80);
    // Whether it takes extended CONNECT is told with its settings.
    if (request.talk !== undefined && session.connecting) await once(session, "remoteSettings");
    return new Promise((resolve) => exchange(session, request, id, new AnswerRecorder(resolve)));
  }

  close(): void {
    for (const session of this.#sessions.values()) session.destroy();
  }

  #session(gatewayPort: number): ClientHttp2Session {
    const known = this.#sessions.get(gatewayPort);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const { host, port } = this.#addressOf(gatewayPort);
    const session = connect(`http://${host}:${port}`);
    // Each stream says what became of it.
    session.on("error", () => {});
    this.#sessions.set(gatewayPort, session);
    return session;
  }
}

function exchange(session: ClientHttp2Session, request: CaseRequest, id: string, recorder: AnswerRecorder): void {
  const { body, pieces, trailers = [], talk } = request;
  const endStream = body === undefined && pieces === undefined && trailers.length === 0 && talk === undefined;
  let stream: ClientHttp2Stream;
  try {
    stream = session.request(headersOf(request, id), { endStream, waitForTrailers: trailers.length > 0 });
  } catch (error) {
    return recorder.end((error as { code?: string }).code ?? String(error));
  }
  listenTo(stream, recorder);
  stream.on("wantTrailers", () => stream.sendTrailers(grouped(trailers)));
  if (talk !== undefined) stream.on("response", () => converse(stream, talk, recorder));
  else {
    stream.setEncoding("latin1").on("data", (chunk: string) => recorder.data(chunk));
    if (!endStream) void sendBody(stream, request);
  }
}

function headersOf({ method = "GET", host = "", path = "/", headers = [], body }: CaseRequest, id: string) {
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body, "latin1")) };
  const pseudo = { ":method": method, ":path": path, ":scheme": "http", ":authority": host };
  return { ...pseudo, [ID_HEADER]: id, ...length, ...grouped(headers) };
}

async function sendBody(stream: ClientHttp2Stream, { body, pieces, gapMs }: CaseRequest): Promise<void> {
  const parts = pieces ?? (body === undefined ? [] : [body]);
  await writeParts(
    stream,
    parts.filter((part) => part !== ""),
    gapMs,
  );
  if (!stream.destroyed) stream.end();
}

function listenTo(stream: ClientHttp2Stream, recorder: AnswerRecorder): void {
  const deadline = setTimeout(() => {
    recorder.end("no answer in time");
    stream.close(constants.NGHTTP2_CANCEL);
  }, DEADLINE_MS);
  // Node gives the raw list last, undocumented for clients; names may repeat in it.
  stream.on("headers", (headers, _flags, raw: string[]) => recorder.inform(headers[":status"]!, fields(raw)));
  stream.on("response", (headers, _flags, raw: string[]) => recorder.head(headers[":status"]!, fields(raw)));
  stream.on("trailers", (_headers, _flags, raw: string[]) => recorder.trailers(raw));
  stream.on("error", () => {});
  stream.on("close", () => {
    clearTimeout(deadline);
    const { rstCode } = stream;
    const failure = rstCode === constants.NGHTTP2_NO_ERROR ? undefined : `reset with ${rstCode}`;
    recorder.end(failure);
  });
}

/** Without the pseudo-headers. */
function fields(raw: readonly string[]): string[] {
  return raw.flatMap((name, i) => (i % 2 === 0 && !name.startsWith(":") ? [name, raw[i + 1]!] : []));
}
