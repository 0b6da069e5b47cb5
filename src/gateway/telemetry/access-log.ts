// Access log in Istio's default text format (istiod: EnvoyTextLogFormat), buffered: lines are joined and written once a second
// or when 64 KiB have come together, as Envoy does. The file is turned over at 32 MiB; one old file is kept.

import { createWriteStream, renameSync, statSync, type WriteStream } from "node:fs";
import type { Clock } from "../../ports/clock.ts";

const FLUSH_MS = 1_000;
const FLUSH_CHARS = 65_536;
const MAX_FILE_BYTES = 32 * 1_024 * 1_024;

export interface AccessLogEntry {
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

/** `file` may be a pipe or device, too. `onError`: a line could not be written, once for each time that the file was opened. */
export function fileAccessLog(file: string, clock: Clock, onError: (error: Error) => void): AccessLog {
  let { stream, bytes, turnsOver } = open(file, onError);
  let buffered = "";
  const isoTime = isoTimes();
  let cancel: (() => void) | undefined;
  const flush = () => {
    cancel?.();
    cancel = undefined;
    const full = turnsOver && bytes > MAX_FILE_BYTES;
    if (full) renameSync(file, `${file}.1`);
    if (full || stream.destroyed) {
      stream.end();
      ({ stream, bytes, turnsOver } = open(file, onError));
    }
    stream.write(buffered);
    bytes += buffered.length;
    buffered = "";
  };
  return {
    write(entry) {
      buffered += formatEntry(entry, isoTime(entry.startMs));
      if (buffered.length > FLUSH_CHARS) flush();
      else cancel ??= clock.after(FLUSH_MS, flush);
    },
    async close() {
      flush();
      await new Promise<void>((resolve) => stream.end(resolve));
    },
  };
}

interface OpenFile {
  stream: WriteStream;
  bytes: number;
  /** Only what is a file: a device such as /dev/null must not be renamed. */
  turnsOver: boolean;
}

function open(file: string, onError: (error: Error) => void): OpenFile {
  const stats = statSync(file, { throwIfNoEntry: false });
  const stream = createWriteStream(file, { flags: "a" });
  // A full disk must not end the gateway.
  stream.on("error", onError);
  return { stream, bytes: stats?.size ?? 0, turnsOver: stats?.isFile() ?? true };
}

/** One expression, no list in between: it is made for every request. */
function formatEntry(entry: AccessLogEntry, time: string): string {
  const { method, path, protocol, code, flags, details, failure, bytesReceived, bytesSent, upstreamMs } = entry;
  const { forwardedFor, userAgent, requestId, authority, upstreamHost, cluster, routeName } = entry;
  const durations = `${Math.round(entry.durationMs)} ${upstreamMs === undefined ? "-" : Math.round(upstreamMs)}`;
  const what = `[${time}] "${method} ${path} ${protocol}" ${code} ${flags} ${details} - "${failure || "-"}"`;
  const who = `"${forwardedFor ?? "-"}" "${userAgent ?? "-"}" "${requestId ?? "-"}" "${authority ?? "-"}"`;
  const where = `"${upstreamHost ?? "-"}" ${cluster ?? "-"} - ${entry.localAddress} ${entry.remoteAddress}`;
  return `${what} ${bytesReceived} ${bytesSent} ${durations} ${who} ${where} - ${routeName || "-"}\n`;
}

/** Many requests begin in one millisecond. */
function isoTimes(): (ms: number) => string {
  let lastMs = Number.NaN;
  let last = "";
  return (ms) => {
    const wholeMs = Math.floor(ms);
    if (wholeMs !== lastMs) {
      lastMs = wholeMs;
      last = new Date(wholeMs).toISOString();
    }
    return last;
  };
}
