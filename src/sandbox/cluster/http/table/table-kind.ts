// How a kind is shown in a Table: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import { ageOf } from "./human-age.ts";

export type Cell = string | number | boolean | null;

export interface Column {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  format: string;
  description: string;
  /** 0 is shown always, 1 only with `-o wide`. */
  priority: number;
}

export interface RowCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

export interface TableKind {
  columns: readonly Column[];
  /** One cell per column. The object may be one that fits its schema only in part. */
  cells(object: KubeObject, nowMs: number): Cell[];
  conditions?(object: KubeObject): RowCondition[];
}

export const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: "The object's name, unique within its namespace.",
  priority: 0,
};

export const AGE = column("Age", "string", 0, "Time since the object was created.");

export function column(name: string, type: Column["type"] = "string", priority = 0, description = ""): Column {
  return { name, type, format: "", description, priority };
}

export function wide(name: string): Column {
  return column(name, "string", 1);
}

/** A field by its keys, undefined when any of them leads nowhere. */
export function at(value: unknown, ...keys: (string | number)[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[key];
  }
  return found;
}

/** The items of a list field, none when it is no list. */
export function items(value: unknown, ...keys: (string | number)[]): Record<string, unknown>[] {
  const found = at(value, ...keys);
  return Array.isArray(found)
    ? found.filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null)
    : [];
}

/** The texts of a list of scalars. */
export function texts(value: unknown, ...keys: (string | number)[]): string[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found.map(String) : [];
}

export function text(value: unknown, ...keys: (string | number)[]): string {
  const found = at(value, ...keys);
  return typeof found === "string" ? found : typeof found === "number" ? String(found) : "";
}

export function count(value: unknown, ...keys: (string | number)[]): number {
  const found = at(value, ...keys);
  return typeof found === "number" ? found : 0;
}

export function size(value: unknown, ...keys: (string | number)[]): number {
  const found = at(value, ...keys);
  return typeof found === "object" && found !== null ? Object.keys(found).length : 0;
}

export function ageCell(object: KubeObject, nowMs: number): string {
  return ageOf(object.metadata.creationTimestamp, nowMs);
}

export const orNone = (value: string): string => (value === "" ? "<none>" : value);
