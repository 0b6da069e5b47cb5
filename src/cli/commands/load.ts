// serin load: open-loop traffic, with answers counted by version.

import { percent } from "../../core/analysis/decision-card.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { tableLines } from "../format/table.ts";
import { addPrintOptions, collect, durationMs, outputOption, wholeNumber } from "../options.ts";
import { usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";
import type { LoadReport } from "../world.ts";

interface LoadFlags {
  url: string;
  rate: number;
  duration?: number;
  requests?: number;
  concurrency: number;
  header?: string[];
  output?: string;
}

const DURATION_MS = 10_000;

export const define: Define = (command, act) => {
  command
    .option("--url <url>", "where to", "http://localhost:8080/")
    .option("-r, --rate <number>", "requests a second", wholeNumber, 50)
    .option("-d, --duration <duration>", "for this long (default: 10s, unless -n is given)", durationMs)
    .option("-n, --requests <number>", "so many requests", wholeNumber)
    .option("-c, --concurrency <number>", "most requests in flight at once", wholeNumber, 64)
    .option("-H, --header <line>", 'request header, "name: value"; repeatable', collect)
    .addOption(outputOption("json"))
    .addHelpText("after", "\nRequests are sent on time, whatever the answers. Exit code 1 when one failed.");
  addPrintOptions(command);
  act(load);
};

async function load(session: Session, _args: string[], flags: LoadFlags): Promise<number> {
  check(flags);
  const { world } = session;
  const report = await world.load({
    url: flags.url,
    ratePerSecond: flags.rate,
    durationMs: flags.duration ?? (flags.requests === undefined ? DURATION_MS : undefined),
    requests: flags.requests,
    concurrency: flags.concurrency,
    headers: headersOf(flags.header ?? []),
    signal: world.interrupted,
    onProgress: (now) => {
      if (flags.output === undefined) session.hint(progressLine(now));
    },
  });
  if (flags.output === "json") session.print(JSON.stringify(report, null, 2));
  else for (const line of reportLines(report)) session.print(line);
  if (world.interrupted.aborted) return EXIT.interrupted;
  return failures(report) === 0 ? EXIT.ok : EXIT.failed;
}

function check({ url, rate, concurrency, output }: LoadFlags): void {
  if (URL.parse(url)?.protocol !== "http:" && URL.parse(url)?.protocol !== "https:")
    throw usageProblem(`--url "${url}" is no URL`, "Write it like http://localhost:8080/");
  if (rate < 1) throw usageProblem("--rate must be 1 or more");
  if (concurrency < 1) throw usageProblem("--concurrency must be 1 or more");
  if (output !== undefined && output !== "json")
    throw usageProblem(`unknown output format "${output}"`, "Formats: json");
}

function headersOf(lines: string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw usageProblem(`header "${line}" has no colon`, 'Write it like -H "x-user: jane"');
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

function progressLine(report: LoadReport): string {
  const counts = versionsOf(report).map(([version, { answers }]) => `${version} ${answers}`);
  return `${(report.elapsedMs / 1000).toFixed(0)}s  sent ${report.sent}  ${counts.join("  ")}  failed ${failures(report)}`;
}

export function reportLines(report: LoadReport): string[] {
  const total = versionsOf(report).reduce((sum, [, { answers }]) => sum + answers, 0);
  const rows = versionsOf(report).map(([version, { answers, errors }]) => [
    version,
    String(answers),
    percent(total === 0 ? 0 : answers / total),
    String(errors),
  ]);
  const { p50, p90, p99, max } = report.latencyMs;
  const codes = Object.entries(report.codes).map(([code, count]) => `${code === "0" ? "no answer" : code}: ${count}`);
  return [
    ...tableLines(["VERSION", "ANSWERS", "SHARE", "FAILED"], rows),
    "",
    `${report.sent} requests in ${(report.elapsedMs / 1000).toFixed(1)} s; codes ${codes.join(", ")}`,
    `latency ms: p50 ${round(p50)}, p90 ${round(p90)}, p99 ${round(p99)}, max ${round(max)}`,
  ];
}

function versionsOf({ versions }: LoadReport): [string, LoadReport["versions"][string]][] {
  return Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** 5xx and no answer at all. */
function failures({ codes }: LoadReport): number {
  return Object.entries(codes)
    .filter(([code]) => code === "0" || code.startsWith("5"))
    .reduce((sum, [, count]) => sum + count, 0);
}

function round(ms: number): string {
  return ms.toFixed(ms < 10 ? 1 : 0);
}
