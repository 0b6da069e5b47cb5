// One run's output as a file of lines with their time and stream, as container runtimes write it
// (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md), bounded in size: when the
// file is full it becomes the older half, and the half before that is gone.

import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Clock } from "../../../ports/clock.ts";

const MAX_HALF_BYTES = 4 * 1024 * 1024;
const MAX_LINE_CHARS = 16 * 1024;
const MAX_WRITE_CHARS = 512 * 1024;
const FLUSH_AFTER_MS = 50;

export type StreamName = "stdout" | "stderr";

export class LogFile {
  readonly path: string;
  readonly ended: Promise<void>;
  #clock: Clock;
  #markEnded!: () => void;
  #pending = "";
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;
  #listeners = new Set<(record: string) => void>();
  #open = 0;

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
    this.ended = new Promise((resolve) => (this.#markEnded = resolve));
  }

  /** Reads the streams to their end. Call once. */
  follow(streams: Record<StreamName, Readable>): void {
    for (const name of ["stdout", "stderr"] as const) {
      this.#open += 1;
      const splitter = new LineSplitter((line, whole) => this.#add(name, line, whole));
      streams[name].on("data", (chunk: Buffer) => splitter.push(chunk));
      streams[name].on("error", () => {});
      streams[name].once("close", () => {
        splitter.end();
        this.#closeOne();
      });
    }
  }

  /** Called with each record (its newline included) from now on. Returns the unsubscribe function. */
  onRecord(listener: (record: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when all that was read so far is in the file. */
  flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#writing = this.#writing.then(() => this.#write()).catch(() => {});
    return this.#writing;
  }

  /** What is not yet in the file. */
  get pending(): string {
    return this.#pending;
  }

  #add(stream: StreamName, line: string, whole: boolean): void {
    const record = `${new Date(this.#clock.now()).toISOString()} ${stream} ${whole ? "F" : "P"} ${line}\n`;
    this.#pending += record;
    this.#cancelFlush ??= this.#clock.after(FLUSH_AFTER_MS, () => void this.flush());
    for (const listener of this.#listeners) listener(record);
  }

  #closeOne(): void {
    this.#open -= 1;
    if (this.#open === 0) void this.flush().then(() => this.#markEnded());
  }

  async #write(): Promise<void> {
    while (this.#pending !== "") {
      // Cut between records, so that each half begins with a whole one.
      const end = this.#pending.indexOf("\n", MAX_WRITE_CHARS) + 1;
      const text = end === 0 ? this.#pending : this.#pending.slice(0, end);
      if (this.#size === 0) await mkdir(dirname(this.path), { recursive: true });
      if (this.#size > MAX_HALF_BYTES) await rename(this.path, olderHalf(this.path));
      await appendFile(this.path, text);
      this.#pending = this.#pending.slice(text.length);
      this.#size = (await stat(this.path)).size;
    }
  }
}

export function olderHalf(path: string): string {
  return `${path}.1`;
}

/** Cuts bytes into lines; a line longer than the limit comes in parts. */
class LineSplitter {
  #decoder = new StringDecoder("utf8");
  #rest = "";
  #emit: (line: string, whole: boolean) => void;

  constructor(emit: (line: string, whole: boolean) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#emit(this.#cut(line), true);
    this.#rest = this.#cut(this.#rest);
  }

  end(): void {
    const last = this.#rest + this.#decoder.end();
    if (last !== "") this.#emit(this.#cut(last), true);
    this.#rest = "";
  }

  #cut(line: string): string {
    let left = line;
    while (left.length > MAX_LINE_CHARS) {
      this.#emit(left.slice(0, MAX_LINE_CHARS), false);
      left = left.slice(MAX_LINE_CHARS);
    }
    return left;
  }
}
