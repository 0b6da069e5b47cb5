// Access log in Istio's default text format (istiod: EnvoyTextLogFormat), buffered: lines are joined and written once a second
// or when 64 KiB have come together, as Envoy does. The file is turned over at 32 MiB; one old file is kept.

import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from "node:fs";
import type { Clock } from "../ports/clock.ts";

const FLUSH_MS = 1_000;
const FLUSH_CHARS = 65_536;
const MAX_FILE_BYTES = 32 * 1_024 * 1_024;

interface AccessLogEntry {
  startMs: number;
  method: string;
  protocol: "HTTP/1.1" | "HTTP/2";
  /** As the client sent it, query included. */
  path: string;
  code: number;
  flags: string;
  /** Envoy's RESPONSE_CODE_DETAILS: `via_upstream`, `route_not_found`, … */
  details: string;
  failure: string;
  bytesReceived: number;
  bytesSent: number;
  durationMs: number;
  upstreamMs: number | undefined;
  forwardedFor: string | undefined;
  userAgent: string | undefined;
  requestId: string | undefined;
  authority: string | undefined;
  upstreamHost: string | undefined;
  cluster: string | undefined;
  localAddress: string;
  remoteAddress: string;
  routeName: string;
}

export interface AccessLog {
  write(entry: AccessLogEntry): void;
  close(): Promise<void>;
}

export function fileAccessLog(file: string, clock: Clock): AccessLog {
  let { stream, bytes } = open(file);
  let buffered: string[] = [];
  let chars = 0;
  let cancel: (() => void) | undefined;
  const flush = () => {
    cancel?.();
    cancel = undefined;
    if (bytes > MAX_FILE_BYTES) {
      stream.end();
      renameSync(file, `${file}.1`);
      ({ stream, bytes } = open(file));
    }
    stream.write(buffered.join(""));
    bytes += chars;
    buffered = [];
    chars = 0;
  };
  return {
    write(entry) {
      const line = formatEntry(entry);
      buffered.push(line);
      chars += line.length;
      if (chars > FLUSH_CHARS) flush();
      else cancel ??= clock.after(FLUSH_MS, flush);
    },
    async close() {
      flush();
      await new Promise<void>((resolve) => stream.end(resolve));
    },
  };
}

function open(file: string): { stream: WriteStream; bytes: number } {
  return { bytes: existsSync(file) ? statSync(file).size : 0, stream: createWriteStream(file, { flags: "a" }) };
}

function formatEntry(entry: AccessLogEntry): string {
  const quoted = (text: string | undefined) => `"${text ?? "-"}"`;
  return (
    [
      `[${new Date(entry.startMs).toISOString()}]`,
      `"${entry.method} ${entry.path} ${entry.protocol}"`,
      entry.code,
      entry.flags,
      entry.details,
      "-",
      quoted(entry.failure === "" ? undefined : entry.failure),
      entry.bytesReceived,
      entry.bytesSent,
      Math.round(entry.durationMs),
      entry.upstreamMs === undefined ? "-" : Math.round(entry.upstreamMs),
      quoted(entry.forwardedFor),
      quoted(entry.userAgent),
      quoted(entry.requestId),
      quoted(entry.authority),
      quoted(entry.upstreamHost),
      entry.cluster ?? "-",
      "-",
      entry.localAddress,
      entry.remoteAddress,
      "-",
      entry.routeName === "" ? "-" : entry.routeName,
    ].join(" ") + "\n"
  );
}
