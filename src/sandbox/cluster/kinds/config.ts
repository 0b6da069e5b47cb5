// ConfigMaps and Secrets: keys, encodings, immutability.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { type FieldProblem, forbiddenField, invalidValue, requiredValue } from "../errors.ts";
import { sameJson } from "../json.ts";
import { isConfigKey } from "../names.ts";
import { keyPath } from "../schema/path.ts";
import type { KindRules } from "./kind-rules.ts";

export const configMapRules: KindRules = {
  problems: (object) => [...keyProblems(object, "data"), ...keyProblems(object, "binaryData")],
  changeProblems: (before, after) => immutableProblems(before, after, ["data", "binaryData"]),
};

export const secretRules: KindRules = {
  fillIn: (object) => {
    // stringData is write-only: it is folded into data at once.
    const { stringData } = object as { stringData?: Record<string, string> };
    if (stringData === undefined) return;
    const data = (object["data"] ??= {}) as Record<string, string>;
    for (const [key, text] of Object.entries(stringData)) data[key] = Buffer.from(text).toString("base64");
    delete object["stringData"];
  },
  problems: (object) => [...keyProblems(object, "data"), ...typeProblems(object)],
  changeProblems: (before, after) => [
    ...immutableProblems(before, after, ["data"]),
    ...(before["type"] === after["type"] ? [] : [invalidValue("type", after["type"], "field is immutable")]),
  ],
};

function keyProblems(object: KubeObject, field: string): FieldProblem[] {
  return Object.keys(object[field] ?? {}).flatMap((key) =>
    isConfigKey(key).map((wrong) => invalidValue(keyPath(field, key), key, wrong)),
  );
}

const REQUIRED_KEYS: Record<string, string[]> = { "kubernetes.io/tls": ["tls.crt", "tls.key"] };

function typeProblems(object: KubeObject): FieldProblem[] {
  const data = (object["data"] ?? {}) as Record<string, string>;
  const type = String(object["type"]);
  const needed = Object.hasOwn(REQUIRED_KEYS, type) ? REQUIRED_KEYS[type]! : [];
  return needed.filter((key) => data[key] === undefined).map((key) => requiredValue(keyPath("data", key)));
}

function immutableProblems(before: KubeObject, after: KubeObject, fields: string[]): FieldProblem[] {
  if (before["immutable"] !== true) return [];
  const changed = fields.filter((field) => !sameJson(before[field] ?? {}, after[field] ?? {}));
  if (after["immutable"] !== true) changed.unshift("immutable");
  return changed.map((field) => forbiddenField(field, "field is immutable when `immutable` is set"));
}
