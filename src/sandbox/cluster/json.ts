// Values that cross the API's border: copied once on the way in, frozen when stored, compared structurally.
// A stored object is frozen to its leaves, so that what is handed out costs no copy and no caller can change the store.

import { ClusterError } from "../../ports/cluster.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [field: string]: Json;
}

/** The request limit of a real API server. */
export const MAX_OBJECT_BYTES = 3 * 1024 * 1024;
const MAX_DEPTH = 256;

/** A private, plain copy of a caller's value. Refuses what is no JSON, what is too large and what is nested too deep. */
export function receive(value: unknown): JsonObject {
  const text = stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_OBJECT_BYTES) {
    const message = `Request entity too large: the object has ${bytes} bytes (${(bytes / 1048576).toFixed(1)} MiB), limit is ${MAX_OBJECT_BYTES}; keep large data outside the API and store a reference to it`;
    throw new ClusterError("RequestEntityTooLarge", message);
  }
  const copy = JSON.parse(text) as Json;
  if (!isObject(copy)) throw new ClusterError("BadRequest", "the body must be a JSON object");
  refuseHostile(copy, 0);
  return copy;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (cause) {
    const message = cause instanceof RangeError ? tooDeep() : `the body is not valid JSON: ${String(cause)}`;
    throw new ClusterError("BadRequest", message, { cause });
  }
}

function tooDeep(): string {
  return `the body is nested deeper than ${MAX_DEPTH} levels`;
}

/** `__proto__` as a field name would reach the prototype of whatever copies the value later. */
function refuseHostile(value: Json, depth: number): void {
  if (value === null || typeof value !== "object") return;
  if (depth > MAX_DEPTH) throw new ClusterError("BadRequest", tooDeep());
  if (Array.isArray(value)) {
    for (const item of value) refuseHostile(item, depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__") throw new ClusterError("BadRequest", 'the field name "__proto__" is not supported');
    refuseHostile(value[key]!, depth + 1);
  }
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A mutable copy of a value that is JSON already. */
export function copyJson<T>(value: T): T {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) out[key] = copyJson((value as Record<string, unknown>)[key]);
  return out as T;
}

/** Freezes to the leaves; stops at parts that are frozen already, which makes storing a small change cheap. */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key]);
  return value;
}

/** Structural equality of JSON values; the order of object keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameJson((a as JsonObject)[key], (b as JsonObject)[key]));
}
