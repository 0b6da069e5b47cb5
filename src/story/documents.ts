// The example files as objects, and which resource each object is of.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../core/kubernetes/object.ts";
import * as resources from "../core/kubernetes/resource.ts";
import { apiVersionOf, type Resource } from "../core/kubernetes/resource.ts";
import { NAMESPACE } from "./acts.ts";

const KNOWN: readonly Resource[] = Object.values(resources).filter((each) => typeof each === "object");

/** The objects of a file, in order. kubectl reads YAML 1.1, and so does this. */
export async function readDocuments(folder: string, file: string): Promise<KubeObject[]> {
  const text = await readFile(join(folder, file), "utf8");
  const documents = parseAllDocuments(text, { version: "1.1" });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
    const object = document.toJS() as KubeObject;
    return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? NAMESPACE } };
  });
}

export function resourceOf(object: KubeObject): Resource {
  const found = KNOWN.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
  if (found === undefined) throw new Error(`The story has no use for ${object.apiVersion} ${object.kind}.`);
  return found;
}

/** As kubectl writes it: `deployment.apps/echo-v1`. */
export function displayName(object: KubeObject): string {
  const { group, kind } = resourceOf(object);
  return `${kind.toLowerCase()}${group === "" ? "" : `.${group}`}/${object.metadata.name}`;
}
