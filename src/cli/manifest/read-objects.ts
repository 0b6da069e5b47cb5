// From file names to objects; what is wrong with the files is printed with its place.

import { problemLines } from "../format/source-frame.ts";
import type { Session } from "../session.ts";
import { objectsIn, type SourceObject } from "./objects.ts";
import { parseManifest } from "./parse-manifest.ts";
import { readFiles } from "./read-files.ts";

/** Undefined when a file has an error. Warnings are printed and do no harm. */
export async function readObjects(
  session: Session,
  names: string[],
  recursive: boolean,
): Promise<SourceObject[] | undefined> {
  const files = await readFiles(session.world, names, recursive);
  let good = true;
  const objects: SourceObject[] = [];
  for (const { name, text } of files) {
    const manifest = parseManifest(text, name);
    const found = objectsIn(manifest);
    const problems = [...manifest.problems, ...found.problems];
    for (const problem of problems)
      for (const line of problemLines(problem, text, session.paint)) session.world.stderr.write(`${line}\n`);
    good &&= !problems.some(({ severity }) => severity === "error");
    objects.push(...found.objects);
  }
  return good ? objects : undefined;
}
