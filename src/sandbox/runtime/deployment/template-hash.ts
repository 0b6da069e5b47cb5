// The name of a pod template: a short hash that tells its ReplicaSet and pods apart from those of other templates.

import { createHash } from "node:crypto";
import type { PodTemplate } from "../../../core/kubernetes/workload.ts";

export const POD_TEMPLATE_HASH = "pod-template-hash";

// Without vowels and look-alikes, so that no word and no number comes out of it by accident.
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const LENGTH = 10;

/** `collisions` counts how often another template had the same hash already. */
export function templateHash(template: PodTemplate, collisions = 0): string {
  const digest = createHash("sha256")
    .update(canonicalTemplate(template))
    .update(collisions === 0 ? "" : String(collisions))
    .digest();
  return [...digest.subarray(0, LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** True when both describe the same pods, whatever hash label they carry. */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return canonicalTemplate(a) === canonicalTemplate(b);
}

function canonicalTemplate({ metadata = {}, spec }: PodTemplate): string {
  const { [POD_TEMPLATE_HASH]: _, ...labels } = metadata.labels ?? {};
  return canonicalJson({ labels, annotations: metadata.annotations ?? {}, spec });
}

/** JSON with sorted keys, so that equal values have equal text. Absent and null are one. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (each === null || typeof each !== "object" || Array.isArray(each)) return each ?? undefined;
    const entries = Object.entries(each).filter(([, inner]) => inner !== null && inner !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
