// Counts per version as people read them, and whether they are the split that was asked for.

import { failuresNotOf, NO_VERSION, type TallyReading } from "../load/tally.ts";
import { BAD_VERSION } from "./acts.ts";

export interface VersionShare {
  version: string;
  requests: number;
  /** Of the answers that name a version. */
  percent: number;
}

export function sharesOf({ versions }: TallyReading, always: readonly string[] = []): VersionShare[] {
  const answered = Object.entries(versions).filter(([version]) => version !== NO_VERSION);
  const requests = new Map(answered.map(([version, { ok, failed }]) => [version, ok + failed]));
  const total = [...requests.values()].reduce((sum, each) => sum + each, 0);
  const names = [...new Set([...always, ...requests.keys()])].toSorted((a, b) => a.localeCompare(b));
  return names.map((version) => {
    const count = requests.get(version) ?? 0;
    return { version, requests: count, percent: total === 0 ? 0 : (100 * count) / total };
  });
}

/** Failed requests that are not the bad version's own: none is allowed. */
export function harmedByUs(reading: TallyReading): number {
  return failuresNotOf(reading, BAD_VERSION);
}

/** Failed answers that carry the bad version's own marker. */
export function harmedByBadVersion({ versions }: TallyReading): number {
  return versions[BAD_VERSION]?.failed ?? 0;
}

/**
 * Undefined when the counts are the expected split, else what is wrong. Where a version must get nothing it must get
 * nothing. Else the counts are exact but for one block of the gateway's while nobody else sends; other clients of the same
 * route (a person's curl, a test) take their part of each block by chance, so that is what is allowed for.
 */
export function splitProblem(reading: TallyReading, expected: Record<string, number>): string | undefined {
  const shares = sharesOf(reading, Object.keys(expected));
  if (reading.done === 0) return "no request was answered";
  for (const { version, requests, percent } of shares) {
    const wanted = expected[version] ?? 0;
    if (wanted === 0 && requests > 0) return `${version} got ${requests} requests and should have got none`;
    if (Math.abs(percent - wanted) > 1 + 3 * deviationPercent(wanted, reading.done))
      return `${version} got ${percent.toFixed(1)} % of the requests, wanted ${wanted} %`;
  }
  return undefined;
}

/** Of a share that comes about by chance alone. */
function deviationPercent(wantedPercent: number, requests: number): number {
  return Math.sqrt((wantedPercent * (100 - wantedPercent)) / requests);
}

export function formatShares(shares: VersionShare[]): string {
  return shares
    .map(({ version, requests, percent }) => `${version} ${formatCount(requests)} (${percent.toFixed(1)} %)`)
    .join("  ");
}

export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

export function formatOdds(odds: number): string {
  if (odds >= 1_000_000) return "over a million";
  return odds >= 10 ? formatCount(Math.round(odds)) : odds.toFixed(2);
}
