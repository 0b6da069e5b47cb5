// Findings as SARIF 2.1.0, which code hosts show beside the lines: https://docs.oasis-open.org/sarif/sarif/v2.1.0/

import type { Severity, SourceProblem } from "../manifest/source-problem.ts";

const LEVELS: Record<Severity, string> = { error: "error", warning: "warning", info: "note" };

export function sarifDocument(problems: SourceProblem[]): unknown {
  const codes = [...new Set(problems.map(({ code }) => code))].sort();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "serin lint", informationUri: "https://serin.dev", rules: codes.map((id) => ({ id })) },
        },
        results: problems.map(resultOf),
      },
    ],
  };
}

function resultOf({ file, place, severity, code, message, subject, field }: SourceProblem): unknown {
  const about = subject === undefined ? "" : `(${subject}) `;
  const path = field === undefined || field === "" ? "" : `${field}: `;
  return {
    ruleId: code,
    level: LEVELS[severity],
    message: { text: `${about}${path}${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.replaceAll("\\", "/") },
          region: { startLine: place.line, startColumn: place.column, endColumn: place.column + place.length },
        },
      },
    ],
  };
}
