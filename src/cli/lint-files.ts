// All files through the linter together: parse, take the objects out, ask the rules, and put each finding at its place.

import type { Finding } from "../core/lint/finding.ts";
import { lintObjects } from "../core/lint/lint.ts";
import type { CrdLike } from "../core/lint/schema-rules.ts";
import { objectsIn, type SourceObject } from "./manifest/objects.ts";
import { parseManifest } from "./manifest/parse-manifest.ts";
import type { SourceFile } from "./manifest/read-files.ts";
import type { SourceProblem } from "./manifest/source-problem.ts";

/** In the order of files and lines. */
export function lintFiles(files: SourceFile[], namespace: string, crds: readonly CrdLike[]): SourceProblem[] {
  const problems: SourceProblem[] = [];
  const objects: SourceObject[] = [];
  for (const { name, text } of files) {
    const manifest = parseManifest(text, name);
    const found = objectsIn(manifest);
    problems.push(...manifest.problems, ...found.problems);
    objects.push(...found.objects);
  }
  const findings = lintObjects(
    objects.map(({ object }) => object),
    { namespace, crds },
  );
  problems.push(...findings.map((finding) => problemOf(finding, objects[finding.object]!)));
  return inOrder(problems, files);
}

function problemOf(finding: Finding, { file, placeOf }: SourceObject): SourceProblem {
  const { code, severity, subject, segments, path, message, cure } = finding;
  // An unknown field is wrong in its name, whatever it holds.
  const part = message.includes("is not a field") ? "key" : "value";
  return { file, place: placeOf(segments, part), severity, code, message: `${message}; ${cure}`, subject, field: path };
}

function inOrder(problems: SourceProblem[], files: SourceFile[]): SourceProblem[] {
  const rank = new Map(files.map(({ name }, i) => [name, i]));
  return [...problems].sort(
    (a, b) =>
      (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column,
  );
}
