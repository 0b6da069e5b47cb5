// What a TLS client says before anything is encrypted: the name it asks for and the protocols it speaks. Only as much is read as choosing
// a server takes; whether the rest is in order is for the TLS library to find.
// https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2, https://www.rfc-editor.org/rfc/rfc6066#section-3

export interface ClientHello {
  /** Lower case; "" for none, as of clients that dial an address. */
  serverName: string;
  /** In the client's order; empty: it did not say. */
  alpn: readonly string[];
}

/** "more": the message is not complete yet. "other": this is no TLS. */
export function readClientHello(bytes: Buffer): ClientHello | "more" | "other" {
  const message = handshakeBytes(bytes);
  if (message === "other" || message.length < HANDSHAKE_HEADER) return message === "other" ? message : "more";
  if (message[0] !== CLIENT_HELLO) return "other";
  const end = HANDSHAKE_HEADER + message.readUIntBE(1, 3);
  if (message.length < end) return "more";
  try {
    return parse(new Reader(message.subarray(HANDSHAKE_HEADER, end)));
  } catch {
    return "other";
  }
}

const RECORD_HEADER = 5;
const HANDSHAKE_RECORD = 22;
const HANDSHAKE_HEADER = 4;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;

/** The content of the records so far; a message may be spread over several. */
function handshakeBytes(bytes: Buffer): Buffer | "other" {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== HANDSHAKE_RECORD || (bytes[at + 1] ?? 3) !== 3) return "other";
    if (at + RECORD_HEADER > bytes.length) break;
    const end = at + RECORD_HEADER + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + RECORD_HEADER, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function parse(hello: Reader): ClientHello {
  hello.take(2 + 32); // version and random
  hello.vector(1); // session
  hello.vector(2); // cipher suites
  hello.vector(1); // compression
  let [serverName, alpn]: [string, string[]] = ["", []];
  const extensions = hello.isAtEnd ? hello : hello.vector(2);
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === SERVER_NAME) serverName = firstHostName(content);
    if (type === ALPN) alpn = names(content.vector(2));
  }
  return { serverName: serverName.toLowerCase(), alpn };
}

function firstHostName(content: Reader): string {
  const list = content.vector(2);
  while (!list.isAtEnd) {
    const isHostName = list.number(1) === 0;
    const name = list.vector(2).rest();
    if (isHostName) return name;
  }
  return "";
}

function names(list: Reader): string[] {
  const all: string[] = [];
  while (!list.isAtEnd) all.push(list.vector(1).rest());
  return all;
}

/** Throws where a length points beyond the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError("the message ends too soon");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  /** What comes behind a length of so many bytes. */
  vector(lengthBytes: number): Reader {
    return new Reader(this.take(this.number(lengthBytes)));
  }

  rest(): string {
    return this.take(this.#bytes.length - this.#at).toString("latin1");
  }
}
