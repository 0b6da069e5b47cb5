// What a run found: same, different on purpose, or a bug; as a table by feature and as JSON.

import type { CaseRequest, LiveCase } from "./case.ts";
import type { Difference } from "./compare.ts";
import { onPurpose } from "./on-purpose.ts";
import type { CaseObservations } from "./run.ts";
import { type CaseResult, compareCase } from "./run.ts";

type Verdict = "same" | "on purpose" | "bug";

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

/** One line per feature, then every bug with what was sent and seen. */
export function table(verdicts: readonly CaseVerdict[]): string {
  const features = [...new Set(verdicts.map(({ feature }) => feature))];
  const width = Math.max(...features.map(({ length }) => length));
  const row = (name: string, of: readonly CaseVerdict[]) => {
    const count = (verdict: Verdict) => of.filter((each) => each.verdict === verdict).length;
    const requests = of.reduce((sum, each) => sum + each.requests, 0);
    const cells = [of.length, requests, count("same"), count("on purpose"), count("bug")];
    return name.padEnd(width) + cells.map((cell) => String(cell).padStart(11)).join("");
  };
  const head =
    "feature".padEnd(width) +
    ["cases", "requests", "same", "on purpose", "bug"].map((cell) => cell.padStart(11)).join("");
  const rows = features.map((feature) =>
    row(
      feature,
      verdicts.filter((each) => each.feature === feature),
    ),
  );
  return [head, ...rows, row("all", verdicts), ...verdicts.flatMap(bugLines)].join("\n");
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
