// Tells the story line by line. On a terminal the counts stand in one live line at the bottom; piped, each reading is a
// line of its own, without colour or redraw.

interface TextSink {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface NarratorOptions {
  out: TextSink;
  color: boolean;
  /** Else plain ASCII. */
  unicode: boolean;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;

export class Narrator {
  readonly #options: NarratorOptions;
  readonly live: boolean;
  #liveShown = false;

  constructor(options: NarratorOptions) {
    this.#options = options;
    this.live = options.out.isTTY === true;
  }

  heading(title: string, intro: string): void {
    this.line("");
    this.line(this.paint("bold", title));
    this.line(`  ${intro}`);
  }

  line(text: string): void {
    this.#clearLive();
    this.#options.out.write(`${text}\n`);
  }

  command(text: string): void {
    this.line(`  ${this.paint("cyan", `$ ${text}`)}`);
  }

  good(text: string): void {
    this.line(`  ${this.paint("green", this.#options.unicode ? "✔" : "ok")} ${text}`);
  }

  bad(text: string): void {
    this.line(`  ${this.paint("red", this.#options.unicode ? "✖" : "FAILED")} ${text}`);
  }

  /** Replaces the live line on a terminal; a line of its own elsewhere. */
  status(text: string): void {
    if (!this.live) return this.line(`    ${text}`);
    const width = Math.max(20, (this.#options.out.columns || 80) - 1);
    this.#clearLive();
    this.#options.out.write(`    ${text}`.slice(0, width));
    this.#liveShown = true;
  }

  /** Takes the live line away, as before a prompt of the shell. */
  end(): void {
    this.#clearLive();
  }

  paint(style: Style, text: string): string {
    return this.#options.color ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text;
  }

  #clearLive(): void {
    if (!this.#liveShown) return;
    this.#options.out.write("\r\u001B[2K");
    this.#liveShown = false;
  }
}
