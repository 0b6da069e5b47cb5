// Istio's published CustomResourceDefinitions, reduced: prose goes, every rule stays.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const ISTIO_API_VERSION = "v1.31.1";

export function istioDefinitions(): { source: string; definitions: unknown[] } {
  const module = `istio.io/api@${ISTIO_API_VERSION}`;
  const found = JSON.parse(execFileSync("go", ["mod", "download", "-json", module], { encoding: "utf8" })) as {
    Dir: string;
  };
  const text = readFileSync(join(found.Dir, "kubernetes/customresourcedefinitions.gen.yaml"), "utf8");
  const definitions = parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((each) => each !== null)
    .map((each) => withNoConversion(withoutProse(each, false) as Definition));
  return { source: module, definitions };
}

interface Definition {
  spec: Record<string, unknown>;
}

/** The default that a server would fill in, so that a stored definition is seen to be the pinned one. */
function withNoConversion(definition: Definition): Definition {
  return { ...definition, spec: { conversion: { strategy: "None" }, ...definition.spec } };
}

/** Drops `description` where it is prose, keeps it where it is the name of a property. */
function withoutProse(value: unknown, namesAreFields: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutProse(each, false));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => namesAreFields || key !== "description" || typeof each !== "string")
      .map(([key, each]) => [key, withoutProse(each, key === "properties" && !namesAreFields)]),
  );
}
