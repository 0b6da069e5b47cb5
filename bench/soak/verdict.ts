// What the soak says in the end, from what it saw. Pure.

import type { Disagreement } from "./agreement.ts";
import { type Point, type Slope, slopeOf } from "./slope.ts";

export interface Sample {
  /** Since the load began. */
  afterSeconds: number;
  rssMb: number;
  /** Heap and what it holds outside, after a collection. */
  heapMb: number;
  sockets: number;
  fileDescriptors: number;
  timers: number;
}

export interface Growth {
  of: string;
  unit: string;
  slope: Slope | undefined;
  /** More than this an hour, with 97.5 % certainty, is a leak. */
  limit: number;
  leaks: boolean;
}

const LIMITS: { of: keyof Omit<Sample, "afterSeconds">; unit: string; limit: number }[] = [
  { of: "rssMb", unit: "MB", limit: 0.5 },
  { of: "heapMb", unit: "MB", limit: 0.5 },
  { of: "sockets", unit: "sockets", limit: 10 },
  { of: "fileDescriptors", unit: "descriptors", limit: 10 },
  { of: "timers", unit: "timers", limit: 10 },
];

/** The first ten minutes (a third of a shorter soak) are warm-up: caches and pools fill, code is compiled. */
export function growthOf(samples: readonly Sample[], minutes: number): Growth[] {
  const warmUpSeconds = Math.min(10, minutes / 3) * 60;
  const counted = samples.filter(({ afterSeconds }) => afterSeconds >= warmUpSeconds);
  return LIMITS.map(({ of, unit, limit }) => {
    const points = counted.map((sample): Point => ({ hours: sample.afterSeconds / 3_600, value: sample[of] }));
    const slope = slopeOf(points);
    return { of, unit, slope, limit, leaks: slope !== undefined && slope.low > limit };
  });
}

export interface Findings {
  minutes: number;
  failed: number;
  sent: number;
  disagreements: readonly Disagreement[];
  growth: readonly Growth[];
  /** When all clients and pods are gone: how many sockets more than before they came. */
  socketsLeft: number;
  /** To so many pods something was still open when their time was over. */
  podsCutOff: number;
  complaints: readonly string[];
  churnErrors: readonly string[];
  died: string | undefined;
}

/** Below this nothing is said about leaks: the interval of a short run is wider than any leak that matters. */
export const MINUTES_FOR_LEAKS = 30;

/** Empty: passed. */
export function faultsOf(findings: Findings): string[] {
  const { minutes, failed, sent, growth, disagreements, socketsLeft, podsCutOff } = findings;
  const { complaints, churnErrors, died } = findings;
  const leaks = minutes < MINUTES_FOR_LEAKS ? [] : growth.filter((each) => each.leaks || each.slope === undefined);
  return [
    ...(died === undefined ? [] : [`the gateway's process ${died}`]),
    ...(sent === 0 ? ["no request was sent"] : []),
    ...(failed === 0 ? [] : [`${failed} of ${sent} requests failed`]),
    ...disagreements.map(
      ({ answer, clients, metrics }) => `metrics count ${metrics} times "${answer}", the clients ${clients}`,
    ),
    ...leaks.map(({ of, slope, unit, limit }) =>
      slope === undefined
        ? `too few samples of ${of}`
        : `${of} grows by ${slope.low.toFixed(2)} to ${slope.high.toFixed(2)} ${unit}/h (limit ${limit})`,
    ),
    ...(socketsLeft > 0 ? [`${socketsLeft} sockets are left over`] : []),
    ...(podsCutOff > 0 ? [`${podsCutOff} pods still had connections when their time was over`] : []),
    ...(complaints.length === 0 ? [] : [`the gateway logged ${complaints.length} warnings, first: ${complaints[0]}`]),
    ...(churnErrors.length === 0 ? [] : [`${churnErrors.length} changes were refused, first: ${churnErrors[0]}`]),
  ];
}

/** One line for a person. */
export function growthText({ of, slope, unit, limit }: Growth): string {
  if (slope === undefined) return `${of}: too few samples for a slope`;
  const { perHour, low, high, samples } = slope;
  return `${of}: ${signed(perHour)} ${unit}/h (95 %: ${signed(low)} to ${signed(high)}; ${samples} samples; a leak is a lower end above ${limit})`;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}
