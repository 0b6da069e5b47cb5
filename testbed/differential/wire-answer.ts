// What comes of a request, and what has come of it so far, whichever protocol brings it.

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

export class AnswerRecorder {
  readonly #startMs = performance.now();
  readonly #resolve: (answer: WireAnswer) => void;
  readonly #answer: Omit<WireAnswer, "tookMs"> = {
    status: 0,
    rawHeaders: [],
    body: "",
    rawTrailers: [],
    informed: [],
    startedMs: 0,
  };

  constructor(resolve: (answer: WireAnswer) => void) {
    this.#resolve = resolve;
  }

  inform(status: number, rawHeaders: string[]): void {
    this.#answer.informed.push({ status, rawHeaders });
  }

  head(status: number, rawHeaders: string[]): void {
    Object.assign(this.#answer, { status, rawHeaders });
  }

  data(text: string): void {
    if (this.#answer.body === "") this.#answer.startedMs = performance.now() - this.#startMs;
    this.#answer.body += text;
  }

  trailers(rawTrailers: string[]): void {
    this.#answer.rawTrailers = rawTrailers;
  }

  get bytes(): number {
    return this.#answer.body.length;
  }

  /** Once is enough: what comes later changes nothing. */
  end(failure?: string): void {
    const tookMs = performance.now() - this.#startMs;
    this.#resolve({ ...this.#answer, tookMs, ...(failure === undefined ? {} : { failure }) });
  }
}

/** Writes one part after the other, with a pause between two. */
export async function writeParts(
  to: { write(chunk: string, encoding: "latin1"): unknown; destroyed: boolean },
  parts: readonly string[],
  gapMs = 0,
): Promise<void> {
  for (const [i, part] of parts.entries()) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
    if (to.destroyed) return;
    to.write(part, "latin1");
  }
}
