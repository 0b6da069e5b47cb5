// The Kubernetes objects in a manifest: what a file must hold before it can be sent or linted.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Manifest, ManifestDocument } from "./parse-manifest.ts";
import type { Place, SourceProblem } from "./source-problem.ts";

export interface SourceObject {
  file: string;
  object: KubeObject;
  /** Where it begins. */
  place: Place;
  placeOf: ManifestDocument["placeOf"];
}

/** Lists are taken apart; documents that are no objects are problems. */
export function objectsIn(manifest: Manifest): { objects: SourceObject[]; problems: SourceProblem[] } {
  const objects: SourceObject[] = [];
  const problems: SourceProblem[] = [];
  for (const document of manifest.documents)
    for (const { value, prefix } of itemsOf(document.value)) {
      const placeOf: SourceObject["placeOf"] = (path, of) => document.placeOf([...prefix, ...path], of);
      const wrong = whatIsWrong(value);
      if (wrong !== undefined)
        problems.push({
          file: document.file,
          place: placeOf(wrong.path),
          severity: "error",
          code: "SRN0005",
          message: wrong.message,
        });
      else objects.push({ file: document.file, object: value as KubeObject, place: placeOf([]), placeOf });
    }
  return { objects, problems };
}

function itemsOf(value: unknown): { value: unknown; prefix: (string | number)[] }[] {
  if (isRecord(value) && value.kind === "List" && Array.isArray(value.items))
    return value.items.map((item: unknown, i) => ({ value: item, prefix: ["items", i] }));
  return [{ value, prefix: [] }];
}

function whatIsWrong(value: unknown): { path: string[]; message: string } | undefined {
  if (!isRecord(value))
    return { path: [], message: "this is no Kubernetes object: it needs apiVersion, kind and metadata" };
  for (const field of ["apiVersion", "kind"])
    if (typeof value[field] !== "string" || value[field] === "")
      return { path: [field], message: `${field} is missing: write it as text, such as ${EXAMPLES[field]}` };
  const { metadata } = value;
  if (!isRecord(metadata)) return { path: ["metadata"], message: "metadata is missing: write metadata: {name: …}" };
  if (typeof metadata.name !== "string" || metadata.name === "")
    return {
      path: ["metadata", "name"],
      message: `metadata.name ${metadata.name === undefined ? "is missing" : "is no text"}: write the object's name`,
    };
  return undefined;
}

const EXAMPLES: Record<string, string> = { apiVersion: "serin.dev/v1alpha1", kind: "Canary" };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
