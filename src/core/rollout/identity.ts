// What makes two rollouts the same one: stable, canary, and what the canary's pods are made from.

import { canonical } from "./canonical.ts";

/** Set by `kubectl rollout restart`: the same version in new pods. */
const NOT_A_NEW_VERSION = ["kubectl.kubernetes.io/restartedAt"];

/** Hash of a pod template, the same for the same content in any order of keys. */
export function templateHash(template: unknown): string {
  return shortHash(canonical(withoutRestart(template)));
}

/** The id of the first attempt; later ones carry their number. */
export function rolloutId(version: { stable: string; canary: string; templateHash: string }, attempt: number): string {
  const base = shortHash([version.stable, version.canary, version.templateHash].join("\n"));
  return attempt === 1 ? base : `${base}-${attempt}`;
}

function withoutRestart(template: unknown): unknown {
  const { metadata } = (template ?? {}) as { metadata?: { annotations?: Record<string, string> } };
  if (metadata?.annotations === undefined) return template;
  const kept = Object.entries(metadata.annotations).filter(([key]) => !NOT_A_NEW_VERSION.includes(key));
  const annotations = kept.length === 0 ? undefined : Object.fromEntries(kept);
  return { ...(template as object), metadata: { ...metadata, annotations } };
}

/** 53 bits of cyrb53-like mixing as ten base-36 digits: an identifier, not a secret. */
function shortHash(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & b) + (a >>> 0)).toString(36).padStart(10, "0").slice(0, 10);
}
