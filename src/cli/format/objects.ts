// Objects for machines: json, yaml, name, jsonpath and custom-columns, as kubectl prints them.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { usageProblem } from "../problems.ts";
import { evaluateJsonPath, type PathNode, parseJsonPath } from "./json-path.ts";
import { tableLines } from "./table.ts";

export const OBJECT_FORMATS = ["json", "yaml", "name", "wide", "jsonpath=TEMPLATE", "custom-columns=HEAD:.path,…"];

/** One object alone, or several as a `List`. */
export type Printable = { single: KubeObject } | { items: KubeObject[]; resourceVersion?: string };

/** The text for a machine-readable format; undefined for "" and "wide", which each command draws itself. */
export async function machineText(
  format: string | undefined,
  what: Printable,
  headers = true,
): Promise<string | undefined> {
  if (format === undefined || format === "" || format === "wide") return undefined;
  if (format === "json") return `${JSON.stringify(valueOf(what), null, 4)}\n`;
  if (format === "yaml") return yamlText(valueOf(what));
  if (format === "name")
    return objectsOf(what)
      .map((object) => `${resourceName(object)}\n`)
      .join("");
  const [kind, template] = splitOnce(format, "=");
  if (kind === "jsonpath") return evaluateJsonPath(parseJsonPath(required(template, kind)), valueOf(what));
  if (kind === "custom-columns") return customColumns(required(template, kind), objectsOf(what), headers);
  throw usageProblem(`unknown output format "${format}"`, `Formats: ${OBJECT_FORMATS.join(", ")}`);
}

/** As kubectl writes YAML: two spaces, no wrapping. */
export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" });
}

function valueOf(what: Printable): unknown {
  if ("single" in what) return what.single;
  return {
    apiVersion: "v1",
    kind: "List",
    metadata: { resourceVersion: what.resourceVersion ?? "" },
    items: what.items,
  };
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
