// The measurements as text: Markdown tables, so that they can be pasted into docs/reference/benchmarks.md.

import { type Cell, cellText } from "./cells.ts";
import type { Name } from "./contenders.ts";
import type { Estimate } from "./statistics.ts";
import type { CellSummary } from "./summary.ts";
import type { Target } from "./verdict.ts";
import type { WrkResult } from "./wrk.ts";

const NAMES: readonly Name[] = ["gateway", "envoy", "nginx"];

export function absoluteTable(cells: readonly CellSummary[]): string {
  const rows = cells.flatMap(({ cell, of }) =>
    NAMES.flatMap((name) => {
      const each = of[name];
      if (each === undefined) return [];
      const { requestsPerSecond, p50Ms, p99Ms, cpuMicros, peakMb, cores } = each;
      const busy = `${(100 * cores.proxy).toFixed(0)} %`;
      const times = [p50Ms, p99Ms].map((ms) => ms.toFixed(2));
      return [
        [cellText(cell), name, requestsPerSecond.toFixed(0), ...times, cpuMicros.toFixed(0), busy, peakMb.toFixed(0)],
      ];
    }),
  );
  return table(["", "", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "busy", "peak MB"], rows);
}

export function ratioTable(cells: readonly CellSummary[]): string {
  const rivals = (["envoy", "nginx"] as const).filter((name) => cells.some(({ ratios }) => ratios[name]));
  const rows = cells.flatMap(({ cell, ratios }) =>
    rivals.flatMap((rival) => {
      const each = ratios[rival];
      if (each === undefined) return [];
      const measures = [each.requestsPerSecond, each.p50Ms, each.p99Ms, each.cpuMicros, each.peakMb];
      return [[cellText(cell), `x ${rival}`, ...measures.map(estimateText)]];
    }),
  );
  return table(["gateway", "", "throughput", "p50", "p99", "CPU per request", "peak memory"], rows);
}

export function verdictTable(targets: readonly Target[]): string {
  const rows = targets.map(({ what, where, wanted, got, verdict, certain, kind }) => [
    where,
    what,
    kind === "aim" ? `${wanted} (aim)` : wanted,
    got === undefined ? "" : estimateText(got),
    certain ? verdict : `${verdict}, uncertain`,
  ]);
  return table(["", "", "wanted", "measured", ""], rows);
}

export function ceilingTable(ceilings: readonly { cell: Cell; result: WrkResult }[]): string {
  const rows = ceilings.map(({ cell, result }) => [
    cellText(cell),
    (result.requests / result.seconds).toFixed(0),
    result.p99Ms.toFixed(2),
  ]);
  return table(["without a proxy", "requests/s", "p99 ms"], rows);
}

function estimateText({ median, low, high }: Estimate): string {
  return `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}
