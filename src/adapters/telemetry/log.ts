// The Log port on pino: JSON lines into a file, and readable ones on stderr when asked for.

import { mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { destination, type Logger, pino } from "pino";
import type { Log } from "../../ports/log.ts";

export interface FileLogOptions {
  file: string;
  level: "debug" | "info";
  /** Gets each line once more, for people. */
  echo?: (line: string) => void;
}

const KEEP_BYTES = 20 * 1024 * 1024;

/**
 * Opens the file for appending. One that has grown past 20 MiB becomes `.1` first, so at most two are kept. Lines are
 * few, and written at once: what was said just before a crash is what one wants to read.
 */
export function openFileLog({ file, level, echo }: FileLogOptions): Log {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > KEEP_BYTES) renameSync(file, `${file}.1`);
  const out = destination({ dest: file, sync: true });
  const logger = pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, out);
  return logOn(logger, level, echo);
}

function logOn(logger: Logger, level: "debug" | "info", echo?: (line: string) => void): Log {
  const at = (name: "debug" | "info" | "warn" | "error") => (message: string, fields?: Record<string, unknown>) => {
    logger[name](fields ?? {}, message);
    if (echo !== undefined && (name !== "debug" || level === "debug")) echo(readable(name, message, fields));
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function readable(level: string, message: string, fields: Record<string, unknown> = {}): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${oneLine(value)}`);
  return `${level.toUpperCase().padEnd(5)} ${message}${rest.join("")}`;
}

function oneLine(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.replaceAll("\n", "\\n");
}
