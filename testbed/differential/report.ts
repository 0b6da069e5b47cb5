// What a run found: same, different on purpose, or a bug; as a table by feature and as JSON.

import type { CaseRequest, LiveCase } from "./case.ts";
import type { Difference } from "./compare.ts";
import { ON_PURPOSE, onPurpose } from "./on-purpose.ts";
import type { CaseObservations } from "./run.ts";
import { type CaseResult, compareCase } from "./run.ts";

type Verdict = "same" | "on purpose" | "bug";

/** What one run of the suite found, as its JSON. */
export interface Report {
  /** The real side. */
  world: string;
  seed: number;
  counts: { cases: number; requests: number; same: number; onPurpose: number; bugs: number; leftOut: number };
  onPurpose: readonly { id: string; reason: string }[];
  leftOut: readonly LeftOut[];
  verdicts: readonly CaseVerdict[];
}

/** A case that the real side could not be asked. */
export interface LeftOut {
  name: string;
  reason: string;
}

export interface CaseVerdict {
  name: string;
  feature: string;
  requests: number;
  verdict: Verdict;
  /** Ids of the differences that are wanted. */
  reasons: string[];
  bugs: { sent: CaseRequest; found: Difference[] }[];
}

export function judge(
  cases: readonly LiveCase[],
  real: ReadonlyMap<string, CaseObservations>,
  sandbox: ReadonlyMap<string, CaseObservations>,
): CaseVerdict[] {
  return cases.map((each) => {
    const { name } = each.source;
    const [left, right] = [real.get(name), sandbox.get(name)];
    if (left === undefined || right === undefined) throw new Error(`case "${name}" was not asked in both worlds`);
    return verdictOf(each, compareCase(each, left, right));
  });
}

export function verdictOf({ source }: LiveCase, { differences }: CaseResult): CaseVerdict {
  const reasons = new Set<string>();
  const bugs = differences.flatMap(({ sent, found }) => {
    const unexplained = found.filter((difference) => {
      const rule = onPurpose(difference, sent);
      if (rule !== undefined) reasons.add(rule.id);
      return rule === undefined;
    });
    return unexplained.length === 0 ? [] : [{ sent, found: unexplained }];
  });
  const verdict = bugs.length > 0 ? "bug" : reasons.size > 0 ? "on purpose" : "same";
  const { name, feature, requests } = source;
  return { name, feature, requests: requests.length, verdict, reasons: [...reasons], bugs };
}

export function reportOf(
  world: string,
  seed: number,
  { verdicts, leftOut }: { verdicts: readonly CaseVerdict[]; leftOut: readonly LeftOut[] },
): Report {
  const { cases, requests, ...counts } = countsOf(verdicts);
  const onPurposeRules = ON_PURPOSE.map(({ id, reason }) => ({ id, reason }));
  const all = { cases, requests, ...counts, leftOut: leftOut.length };
  return { world, seed, counts: all, onPurpose: onPurposeRules, leftOut, verdicts };
}

function countsOf(verdicts: readonly CaseVerdict[]): Omit<Report["counts"], "leftOut"> {
  const count = (verdict: Verdict) => verdicts.filter((each) => each.verdict === verdict).length;
  const requests = verdicts.reduce((sum, each) => sum + each.requests, 0);
  const [same, wanted, bugs] = [count("same"), count("on purpose"), count("bug")];
  return { cases: verdicts.length, requests, same, onPurpose: wanted, bugs };
}

/** Which world, one line per feature, what was left out, then every bug with what was sent and seen. */
export function table({ world, seed, verdicts, leftOut }: Report): string {
  const features = [...new Set(verdicts.map(({ feature }) => feature))];
  const width = Math.max(...features.map(({ length }) => length), "feature".length);
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(11)).join("");
  const row = (name: string, of: readonly CaseVerdict[]) => line(name, Object.values(countsOf(of)));
  return [
    `real side: ${world}; seed ${seed}`,
    line("feature", ["cases", "requests", "same", "on purpose", "bug"]),
    ...features.map((name) =>
      row(
        name,
        verdicts.filter(({ feature }) => feature === name),
      ),
    ),
    row("all", verdicts),
    ...leftOutLines(leftOut),
    ...verdicts.flatMap(bugLines),
  ].join("\n");
}

function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return [
    `left out: ${leftOut.length} cases`,
    ...reasons.flatMap((reason) => {
      const names = leftOut.filter((each) => each.reason === reason).map(({ name }) => name);
      return [`  ${names.length} because ${reason}:`, ...names.map((name) => `    ${name}`)];
    }),
  ];
}

function bugLines({ name, bugs }: CaseVerdict): string[] {
  return bugs.flatMap(({ sent, found }) => [
    `BUG ${name}`,
    `    sent    ${shortened(sent)}`,
    ...found.map(({ field, real, sandbox }) => `    ${field}: real ${shortened(real)}, sandbox ${shortened(sandbox)}`),
  ]);
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
