// The query of a request, read into the options that the cluster port takes; what cannot be is refused as the API does.

import type { ListOptions, WriteOptions } from "../../../ports/cluster.ts";
import { invalidOption, Refusal } from "./status.ts";

export interface ListQuery extends ListOptions {
  resourceVersion?: string;
  resourceVersionMatch?: string;
}

export interface WatchQuery extends Omit<ListQuery, "limit" | "continue"> {
  allowBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  timeoutSeconds: number | undefined;
}

export function isWatch(query: URLSearchParams): boolean {
  return flag(query, "watch") === true;
}

export function listQuery(query: URLSearchParams, namespace: string | undefined): ListQuery {
  const resourceVersion = versionOf(query);
  const resourceVersionMatch = query.get("resourceVersionMatch") || undefined;
  if (query.has("sendInitialEvents")) throw forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
  if (resourceVersionMatch !== undefined) checkMatch(query, resourceVersion, resourceVersionMatch);
  const limit = integer(query, "limit");
  return {
    ...selection(query, namespace),
    ...(limit === undefined || limit <= 0 ? {} : { limit }),
    continue: query.get("continue") || undefined,
    resourceVersion,
    resourceVersionMatch,
  };
}

export function watchQuery(query: URLSearchParams, namespace: string | undefined): WatchQuery {
  const resourceVersionMatch = query.get("resourceVersionMatch") || undefined;
  const sendInitialEvents = flag(query, "sendInitialEvents");
  if (sendInitialEvents !== undefined && resourceVersionMatch !== "NotOlderThan")
    throw forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  if (sendInitialEvents === undefined && resourceVersionMatch !== undefined)
    throw forbidden(
      "resourceVersionMatch",
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  return {
    ...selection(query, namespace),
    resourceVersion: versionOf(query),
    resourceVersionMatch,
    allowBookmarks: flag(query, "allowWatchBookmarks") === true,
    sendInitialEvents,
    timeoutSeconds: integer(query, "timeoutSeconds"),
  };
}

/** The options of a write; `kind` is CreateOptions, UpdateOptions or PatchOptions. */
export function writeQuery(query: URLSearchParams, kind: string): WriteOptions {
  const fieldValidation = query.get("fieldValidation") || undefined;
  if (fieldValidation !== undefined && !isFieldValidation(fieldValidation))
    throw notSupported(kind, "fieldValidation", `"${fieldValidation}"`, '"", "Ignore", "Strict", "Warn"');
  const fieldManager = query.get("fieldManager") || undefined;
  if (fieldManager !== undefined && fieldManager.length > 128)
    throw invalidOption(kind, "fieldManager", {
      reason: "FieldValueTooLong",
      message: "Too long: may not be more than 128 bytes",
    });
  return { fieldManager, fieldValidation, dryRun: dryRunQuery(query, kind) };
}

export function dryRunQuery(query: URLSearchParams, kind: string): boolean {
  const given = query.getAll("dryRun").filter((each) => each !== "");
  if (given.some((each) => each !== "All"))
    throw notSupported(kind, "dryRun", `[${given.map((each) => `"${each}"`).join(",")}]`, '"All"');
  return given.length > 0;
}

/** A boolean of the query; its bare name and `1` mean true, as Go's parser reads them. */
export function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  return !["0", "false", "f", "F", "FALSE", "False"].includes(value);
}

export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^-?\d{1,18}$/.test(value))
    throw new Refusal(400, "BadRequest", `${name}: strconv.ParseInt: parsing "${value}": invalid syntax`);
  return Number(value);
}

function selection(query: URLSearchParams, namespace: string | undefined): ListOptions {
  return {
    namespace,
    labelSelector: query.get("labelSelector") || undefined,
    fieldSelector: query.get("fieldSelector") || undefined,
  };
}

function versionOf(query: URLSearchParams): string | undefined {
  const version = query.get("resourceVersion") || undefined;
  if (version !== undefined && !/^\d{1,18}$/.test(version)) {
    const message = `invalid resource version: resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`;
    throw new Refusal(400, "BadRequest", message);
  }
  return version;
}

function checkMatch(query: URLSearchParams, version: string | undefined, match: string): void {
  if (version === undefined)
    throw forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (query.get("continue"))
    throw forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
  if (match !== "Exact" && match !== "NotOlderThan")
    throw notSupported("ListOptions", "resourceVersionMatch", `"${match}"`, '"Exact", "NotOlderThan", ""');
  if (match === "Exact" && version === "0")
    throw forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}

function forbidden(field: string, detail: string): Refusal {
  return invalidOption("ListOptions", field, { reason: "FieldValueForbidden", message: `Forbidden: ${detail}` });
}

function notSupported(kind: string, field: string, value: string, supported: string): Refusal {
  const message = `Unsupported value: ${value}: supported values: ${supported}`;
  return invalidOption(kind, field, { reason: "FieldValueNotSupported", message });
}

function isFieldValidation(text: string): text is "Ignore" | "Warn" | "Strict" {
  return text === "Ignore" || text === "Warn" || text === "Strict";
}
