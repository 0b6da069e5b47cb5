// The targets and whether they are met: at 32 connections at least Envoy's throughput (aim: half of nginx'), p99 at most twice
// Envoy's, and a cost per request that does not depend on the number of routes.

import { type Cell, cellText } from "./cells.ts";
import type { Sample } from "./measure.ts";
import type { Estimate } from "./statistics.ts";
import { type CellSummary, costOfRoutes } from "./summary.ts";

export interface Target {
  what: string;
  where: string;
  wanted: string;
  /** Undefined: a rival was left out, or the cell was not measured. */
  got: Estimate | undefined;
  verdict: "met" | "missed" | "not measured";
  /** The whole interval is on that side, and it is one to rely on. */
  certain: boolean;
  /** A target fails the run; an aim does not. */
  kind: "target" | "aim";
}

const AT_CONNECTIONS = 32;
/** A tenth: what two measurements of the same thing differ by on a shared machine. */
const FLAT = 1.1;
/** Chance that an interval holds the true median: five rounds give 94 %. */
const RELIABLE = 0.9;

export function judge(cells: readonly CellSummary[], samples: readonly Sample[]): Target[] {
  const at32 = cells.filter(({ cell }) => cell.connections === AT_CONNECTIONS);
  return [
    ...at32.map(({ cell, ratios }) =>
      target("throughput, x Envoy", cell, ratios.envoy?.requestsPerSecond, atLeast(1), "target"),
    ),
    ...at32.map(({ cell, ratios }) =>
      target("throughput, x nginx", cell, ratios.nginx?.requestsPerSecond, atLeast(0.5), "aim"),
    ),
    ...at32.map(({ cell, ratios }) => target("p99, x Envoy", cell, ratios.envoy?.p99Ms, atMost(2), "target")),
    ...routeTargets(at32, samples),
  ];
}

function routeTargets(cells: readonly CellSummary[], samples: readonly Sample[]): Target[] {
  const fewest = Math.min(...cells.map(({ cell }) => cell.routes));
  return cells.flatMap(({ cell }): Target[] => {
    if (cell.routes === fewest) return [];
    const got = costOfRoutes(samples, "gateway", { ...cell, routes: fewest }, cell);
    const what = `processor time per request, x that with ${fewest}`;
    return got === undefined ? [] : [target(what, cell, got, atMost(FLAT), "target")];
  });
}

interface Limit {
  text: string;
  holds(value: number): boolean;
}

function atLeast(limit: number): Limit {
  return { text: `>= ${limit.toFixed(1)}`, holds: (value) => value >= limit };
}

function atMost(limit: number): Limit {
  return { text: `<= ${limit.toFixed(1)}`, holds: (value) => value <= limit };
}

function target(what: string, cell: Cell, got: Estimate | undefined, limit: Limit, kind: Target["kind"]): Target {
  const { text, holds } = limit;
  const base = { what, where: cellText(cell), wanted: text, got, kind };
  if (got === undefined) return { ...base, verdict: "not measured", certain: true };
  const certain = got.certainty >= RELIABLE && holds(got.low) === holds(got.high);
  return { ...base, verdict: holds(got.median) ? "met" : "missed", certain };
}

export function isMissed({ kind, verdict }: Target): boolean {
  return kind === "target" && verdict === "missed";
}
