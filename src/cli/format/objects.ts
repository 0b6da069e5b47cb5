// Objects for machines: json, yaml, name, jsonpath and custom-columns, as kubectl prints them.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { usageProblem } from "../problems.ts";
import { evaluateJsonPath, type PathNode, parseJsonPath } from "./json-path.ts";
import { tableLines } from "./table.ts";

export const OBJECT_FORMATS = ["json", "yaml", "name", "wide", "jsonpath=TEMPLATE", "custom-columns=HEAD:.path,…"];

/** One object alone, or several as a `List`. */
export type Printable = { single: KubeObject } | { items: KubeObject[] };

export interface MachineOptions {
  headers?: boolean;
  /** Who owns which field: long, and rarely wanted. */
  managedFields?: boolean;
}

/** The text for a machine-readable format; undefined for "" and "wide", which each command draws itself. */
export async function machineText(
  format: string | undefined,
  what: Printable,
  { headers = true, managedFields = false }: MachineOptions = {},
): Promise<string | undefined> {
  if (format === undefined || format === "" || format === "wide") return undefined;
  const shown = managedFields ? what : withoutManagedFields(what);
  if (format === "json") return `${JSON.stringify(sorted(valueOf(shown)), null, 4)}\n`;
  if (format === "yaml") return yamlText(sorted(valueOf(shown)));
  if (format === "name")
    return objectsOf(shown)
      .map((object) => `${resourceName(object)}\n`)
      .join("");
  const [kind, template] = splitOnce(format, "=");
  if (kind === "jsonpath") return evaluateJsonPath(parseJsonPath(required(template, kind)), sorted(valueOf(shown)));
  if (kind === "custom-columns") return customColumns(required(template, kind), objectsOf(shown), headers);
  throw usageProblem(`unknown output format "${format}"`, `Formats: ${OBJECT_FORMATS.join(", ")}`);
}

/** As kubectl writes YAML: two spaces, lists not indented, no wrapping. */
export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false, version: "1.1" });
}

function withoutManagedFields(what: Printable): Printable {
  const strip = (object: KubeObject): KubeObject => {
    const { managedFields, ...metadata } = object.metadata;
    return managedFields === undefined ? object : { ...object, metadata };
  };
  return "single" in what ? { single: strip(what.single) } : { items: what.items.map(strip) };
}

/** Keys in the order of the alphabet, as kubectl prints them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
}

function valueOf(what: Printable): unknown {
  if ("single" in what) return what.single;
  return { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items: what.items };
}

function objectsOf(what: Printable): KubeObject[] {
  return "single" in what ? [what.single] : what.items;
}

/** "canary.serin.dev/echo", "service/echo". */
export function resourceName({ kind, apiVersion, metadata }: KubeObject): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.slice(0, apiVersion.indexOf("/"))}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
}

function customColumns(spec: string, objects: KubeObject[], headers: boolean): string {
  const columns = spec.split(",").map((column): { head: string; path: PathNode[] } => {
    const [head, path] = splitOnce(column, ":");
    if (path === undefined || path === "")
      throw usageProblem(`custom-columns: "${column}" has no path`, "Write HEAD:.path, such as NAME:.metadata.name");
    return { head, path: parseJsonPath(path.startsWith("{") ? path : `{${path}}`) };
  });
  const rows = objects.map((object) => columns.map(({ path }) => evaluateJsonPath(path, object, ",") || "<none>"));
  return tableLines(headers ? columns.map(({ head }) => head) : undefined, rows)
    .map((line) => `${line}\n`)
    .join("");
}

function required(template: string | undefined, kind: string): string {
  if (template === undefined || template === "") throw usageProblem(`${kind} needs a template: -o ${kind}=…`);
  return template;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
