// String formats that a real API server checks on custom resources.

import { isIPv6 } from "node:net";

/** The format's name when the value is not of it. */
export function formatProblem(format: string, value: string): string | undefined {
  const test = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return test === undefined || test(value) ? undefined : format;
}

const FORMATS: Record<string, (value: string) => boolean> = {
  "date-time": (value) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) && isRealDate(value),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value) && isRealDate(value),
  duration: (value) => /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  ipv4: (value) => /^(\d{1,3}\.){3}\d{1,3}$/.test(value) && value.split(".").every((part) => Number(part) < 256),
  ipv6: (value) => isIPv6(value) && !value.includes("%"),
  byte: (value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0,
};

function isRealDate(value: string): boolean {
  return !Number.isNaN(Date.parse(value));
}
