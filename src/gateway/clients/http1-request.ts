// The head of a request as a client that speaks HTTP/1.1 has sent it.

import { valuesByName } from "../wire/headers.ts";
import type { MessageHead } from "../wire/http1-parser.ts";

/** Of these the first one counts where several come, as in Node. */
const FIRST_COUNTS: ReadonlySet<string> = new Set(["content-length", "content-type", "host", "user-agent"]);

export class Http1Request {
  readonly #head: MessageHead;
  #values: Map<string, string[]> | undefined;

  constructor(head: MessageHead) {
    this.#head = head;
  }

  get method(): string {
    return this.#head.method;
  }

  get target(): string {
    return this.#head.target;
  }

  /** Name, value, name, value, as they came. */
  get rawHeaders(): readonly string[] {
    return this.#head.headers;
  }

  /** Below 1.1. */
  get isOld(): boolean {
    return this.#head.majorVersion === 0 || this.#head.minorVersion === 0;
  }

  /** The client keeps the connection. */
  get keepAlive(): boolean {
    return this.#head.keepAlive;
  }

  /** Of a lower-case name; undefined where there is none. */
  text(name: string): string | undefined {
    const { headers } = this.#head;
    let text: string | undefined;
    for (let i = 0; i < headers.length; i += 2) {
      const own = headers[i]!;
      if (own.length !== name.length || (own !== name && own.toLowerCase() !== name)) continue;
      const value = headers[i + 1]!;
      if (text === undefined) text = value;
      else if (!FIRST_COUNTS.has(name)) text += (name === "cookie" ? "; " : ", ") + value;
    }
    return text;
  }

  /** One for each line. */
  values(name: string): readonly string[] | undefined {
    this.#values ??= valuesByName(this.#head.headers);
    return this.#values.get(name);
  }
}
