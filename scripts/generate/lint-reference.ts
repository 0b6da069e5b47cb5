// The table of everything that `serin lint` can say, from the rules' own list.

import { LINT_CODES } from "../../src/core/lint/finding.ts";

/** Said before there are objects to ask the rules about (src/cli/manifest). */
const FILE_CODES = {
  SRN0001: "A file that is not valid YAML.",
  SRN0002: "A key that is written twice.",
  SRN0003: "A document larger than an API server takes (3 MiB).",
  SRN0004: "A word such as yes or on, which Kubernetes reads as true or false.",
  SRN0005: "A document that is no Kubernetes object.",
};

export function lintReference(notice: string): string {
  const rows = Object.entries({ ...FILE_CODES, ...LINT_CODES }).map(
    ([code, meaning]) => `| \`${code}\` | ${meaning} |`,
  );
  return `<!-- ${notice} -->
# What serin lint says

\`serin lint -f FILE\` reads files without a cluster. Every finding has its place, its code, what is wrong and what to write instead. Files are part of something larger, so what is
missing in them (a Service, a Deployment, a Gateway) is a warning; what is wrong in itself is an error.

| code | meaning |
|---|---|
${rows.join("\n")}
`;
}
