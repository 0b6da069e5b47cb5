// Log lines in http-echo's format, written in one go per turn of the event loop.
"use strict";

const { writeSync } = require("node:fs");

let pending = "";

/** Queues the line of one request. */
function accessLine({ request, path, status, length, startedNs }) {
  const took = goDuration(process.hrtime.bigint() - startedNs);
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  const remote = remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
  const what = `"${request.method} ${path} HTTP/${request.httpVersion}"`;
  const agent = request.headers["user-agent"] ?? "";
  if (pending === "") setImmediate(flush);
  pending += `${logTime(new Date())} ${request.headers.host ?? ""} ${remote} ${what} ${status} ${length} "${agent}" ${took}\n`;
}

function flush() {
  const text = pending;
  pending = "";
  if (text !== "") print(1, text);
}

/** Writes all of it, waiting while the reader is slow. A reader that is gone is no reason to fail. */
function print(descriptor, text) {
  let left = Buffer.from(text);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      if (error.code !== "EAGAIN") return;
    }
  }
}

/** 2006/01/02 15:04:05, local time. */
function logTime(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** As Go's time.Duration prints itself: 842ns, 13.93µs, 1.5ms, 2.000001s. */
function goDuration(ns) {
  const n = Number(ns);
  if (n < 1_000) return `${n}ns`;
  if (n < 1_000_000) return `${trimmed(n, 1_000, 3)}µs`;
  if (n < 1_000_000_000) return `${trimmed(n, 1_000_000, 6)}ms`;
  return `${trimmed(n, 1_000_000_000, 9)}s`;
}

function trimmed(n, unit, digits) {
  return (n / unit).toFixed(digits).replace(/\.?0+$/, "");
}

module.exports = { accessLine, flush, goDuration, logTime, print };
