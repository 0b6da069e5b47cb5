// From samples to what is told: medians of each contender in each cell, and the gateway's ratios to the others, round by round, so
// that what disturbed one round disturbed both sides of its ratio.

import { type Cell, cellKey } from "./cells.ts";
import type { Name } from "./contenders.ts";
import type { Sample } from "./measure.ts";
import { type Estimate, estimate, median } from "./statistics.ts";

export type Measure = "requestsPerSecond" | "p50Ms" | "p99Ms" | "cpuMicros" | "peakMb";
const MEASURES: readonly Measure[] = ["requestsPerSecond", "p50Ms", "p99Ms", "cpuMicros", "peakMb"];

export interface CellSummary {
  cell: Cell;
  /** Medians over the rounds. */
  of: Partial<Record<Name, Record<Measure, number> & { cores: Sample["cores"] }>>;
  /** The gateway's, divided by the other's of the same round. */
  ratios: Partial<Record<Exclude<Name, "gateway">, Record<Measure, Estimate>>>;
}

export function summarize(samples: readonly Sample[]): CellSummary[] {
  const cells = new Map(samples.map(({ cell }) => [cellKey(cell), cell]));
  return [...cells.values()].map((cell) => summarizeCell(cell, samples));
}

function summarizeCell(cell: Cell, all: readonly Sample[]): CellSummary {
  const samples = all.filter((sample) => cellKey(sample.cell) === cellKey(cell));
  const names = [...new Set(samples.map(({ name }) => name))].sort();
  const of = Object.fromEntries(names.map((name) => [name, medians(samples.filter((each) => each.name === name))]));
  const ratios = Object.fromEntries(
    names
      .filter((name) => name !== "gateway")
      .map((rival) => [rival, eachMeasure((measure) => estimate(ratiosOf(samples, "gateway", rival, measure)))]),
  );
  return { cell, of, ratios };
}

function medians(samples: readonly Sample[]) {
  const cores = (who: keyof Sample["cores"]) => median(samples.map((sample) => sample.cores[who]));
  return {
    ...eachMeasure((measure) => median(samples.map((sample) => sample[measure]))),
    cores: {
      proxy: cores("proxy"),
      client: cores("client"),
      upstream: cores("upstream"),
      others: cores("others"),
      stolen: cores("stolen"),
    },
  };
}

function ratiosOf(samples: readonly Sample[], own: Name, rival: Name, measure: Measure): number[] {
  return samples
    .filter(({ name }) => name === own)
    .flatMap((mine) =>
      samples
        .filter(({ name, round }) => name === rival && round === mine.round)
        .map((other) => mine[measure] / other[measure]),
    );
}

/** A contender's processor time per request with many routes, divided by that with few, of the same round. */
export function costOfRoutes(samples: readonly Sample[], name: Name, few: Cell, many: Cell): Estimate | undefined {
  const of = (cell: Cell) => samples.filter((each) => each.name === name && cellKey(each.cell) === cellKey(cell));
  const ratios = of(few).flatMap((base) =>
    of(many)
      .filter(({ round }) => round === base.round)
      .map((other) => other.cpuMicros / base.cpuMicros),
  );
  return ratios.length === 0 ? undefined : estimate(ratios);
}

function eachMeasure<T>(make: (measure: Measure) => T): Record<Measure, T> {
  return Object.fromEntries(MEASURES.map((measure) => [measure, make(measure)])) as Record<Measure, T>;
}
