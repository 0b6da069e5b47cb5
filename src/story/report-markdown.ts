// report.md from the report's values.

import { stringify } from "yaml";
import { formatCount, formatOdds } from "./counts.ts";
import type { PhaseReport, Report } from "./report.ts";
import type { RolloutChapter } from "./stage.ts";

export function renderMarkdown(report: Report): string {
  return `${[
    "# The story, as it went",
    `${report.startedAt} to ${report.endedAt}${report.fast ? ", with shortened pauses" : ""}. ${verdict(report)}`,
    figures(report),
    "## Counts per phase",
    table(
      ["act", "phase", "file", "wanted", "requests per version", "failed", "p50 / p99 ms"],
      report.phases.map(phaseRow),
    ),
    "## Rollouts",
    ...report.rollouts.map(rolloutText),
    "## Pods at the end",
    table(
      ["pod", "phase", "ready", "restarts", "address", "image"],
      report.pods.map((pod) => [
        pod.name,
        pod.phase,
        pod.ready ? "yes" : "no",
        String(pod.restarts),
        pod.ip,
        pod.image,
      ]),
    ),
    "## Routes at the end",
    ...report.routes.map(({ name, http }) => fenced("yaml", stringify({ [name]: http }))),
    "## Metrics",
    fenced("text", report.metrics.join("\n")),
  ].join("\n\n")}\n`;
}

function verdict({ held, failures }: Report): string {
  if (held) return "Every promise of it held.";
  return `These promises did not hold:\n\n${failures.map((each) => `- ${each}`).join("\n")}`;
}

function figures({ figures }: Report): string {
  return table(
    ["figure", "value"],
    [
      [
        "first answer that names a version, after the program's start",
        `${(figures.firstAnswerMs / 1_000).toFixed(2)} s`,
      ],
      ["requests sent (open loop)", `${formatCount(figures.requests)} at ${figures.ratePerSecond}/s`],
      ["failed because of Serin", formatCount(figures.failedBySerin)],
      ["failed by v3 itself", formatCount(figures.failedByBadVersion)],
      ["latest that the client itself sent a request", `${figures.clientLatestMs} ms`],
      ["resident memory of the sandbox's process", `${figures.residentMemoryMb} MB`],
    ],
  );
}

function phaseRow({ act, title, file, expected, shares, failed, latencyMs }: PhaseReport): string[] {
  const wanted = Object.entries(expected ?? {}).map(([version, percent]) => `${version} ${percent} %`);
  const counts = shares.map(
    ({ version, requests, percent }) => `${version} ${formatCount(requests)} (${percent.toFixed(1)} %)`,
  );
  const failures = Object.entries(failed).map(([cause, count]) => `${count} x ${cause}`);
  return [
    act,
    title,
    file ?? "",
    wanted.join(", "),
    counts.join(", "),
    failures.length === 0 ? "0" : failures.join(", "),
    `${latencyMs.p50.toFixed(1)} / ${latencyMs.p99.toFixed(1)}`,
  ];
}

function rolloutText({ id, from, to, phase, reason, message, tookMs, evidence, said }: RolloutChapter): string {
  const lines = [
    `### ${from} to ${to}: ${phase}`,
    `Rollout ${id}, ${(tookMs / 1_000).toFixed(1)} s. ${reason}: ${message}`,
  ];
  if (evidence !== undefined) {
    const { stable, canary, odds, limit, harmed } = evidence;
    lines.push(
      table(
        ["", "requests", "failed"],
        [
          [`stable (${from})`, formatCount(stable.requests), formatCount(stable.errors)],
          [`canary (${to})`, formatCount(canary.requests), formatCount(canary.errors)],
        ],
      ),
      `Odds that the canary is worse: ${formatOdds(odds)} to 1; the limit is ${formatOdds(limit)}. Harmed requests: ${Math.round(harmed)}.`,
    );
  }
  return [...lines, said.map((each) => `- ${each}`).join("\n")].join("\n\n");
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
