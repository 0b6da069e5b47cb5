// All files through the linter together: parse, take the objects out, ask the rules, and put each finding at its place.

import { CANARIES, CANARY_ACTIONS } from "../core/kubernetes/resource.ts";
import { parseCanary, parseCanaryAction } from "../core/spec/parse.ts";
import { objectsIn, type SourceObject } from "./manifest/objects.ts";
import { parseManifest } from "./manifest/parse-manifest.ts";
import type { SourceFile } from "./manifest/read-files.ts";
import type { SourceProblem } from "./manifest/source-problem.ts";

/** In the order of files and lines. */
export function lintFiles(files: SourceFile[], namespace: string): SourceProblem[] {
  const problems: SourceProblem[] = [];
  const objects: SourceObject[] = [];
  for (const { name, text } of files) {
    const manifest = parseManifest(text, name);
    const found = objectsIn(manifest);
    problems.push(...manifest.problems, ...found.problems);
    objects.push(...found.objects);
  }
  problems.push(...objects.flatMap((source) => specProblems(source, namespace)));
  return inOrder(problems, files);
}

/** What the schema says of Serin's own kinds. */
function specProblems({ file, object, placeOf }: SourceObject, namespace: string): SourceProblem[] {
  const group = object.apiVersion.split("/")[0];
  if (group !== CANARIES.group) return [];
  const parsed = object.kind === CANARY_ACTIONS.kind ? parseCanaryAction(object) : parseCanary(object);
  if (parsed.ok) return [];
  return parsed.errors.map(({ path, message, cure }) => ({
    file,
    place: placeOf(segmentsOf(path)),
    severity: "error",
    code: "SRN0101",
    message: `${message}; ${cure}`,
    subject: `${object.kind} ${object.metadata.name}.${object.metadata.namespace ?? namespace}`,
    field: path,
  }));
}

/** "spec.steps[0][a.b]" as ["spec", "steps", 0, "a.b"]. */
export function segmentsOf(path: string): (string | number)[] {
  const found = path.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g);
  return [...found].map(([, index, bracketed, plain]) =>
    index === undefined ? (bracketed ?? plain ?? "") : Number(index),
  );
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
