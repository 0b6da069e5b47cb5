// Strategic merge patch: a merge patch that knows lists by their merge keys, and directives. Source:
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md

import { ClusterError } from "../../../ports/cluster.ts";
import { copyJson, isObject, type Json, type JsonObject, sameJson } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";
import { inElementOrder } from "./element-order.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_ITEMS = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER = "$setElementOrder/";

export function strategicPatch(node: SchemaNode | undefined, target: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive === "replace") return withoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw refused(`unknown $patch directive ${JSON.stringify(directive)}`);
  const out: JsonObject = { ...target };
  retainKeys(out, patch);
  deleteFromPrimitiveLists(out, patch);
  for (const [field, value] of Object.entries(patch))
    if (!field.startsWith("$")) patchField(node?.child(field), out, field, value);
  orderLists({ node, before: target, out, patch });
  return out;
}

function patchField(node: SchemaNode | undefined, out: JsonObject, field: string, value: Json): void {
  const before = out[field];
  if (value === null) delete out[field];
  else if (isObject(value)) {
    // A struct with the replace strategy is taken whole.
    const merges = node?.patchStrategy.includes("replace") !== true;
    if (value[DIRECTIVE] === "delete") delete out[field];
    else out[field] = strategicPatch(node, merges && isObject(before) ? before : {}, value);
  } else if (Array.isArray(value)) out[field] = patchList(node, Array.isArray(before) ? before : [], value);
  else out[field] = value;
}

function patchList(node: SchemaNode | undefined, before: Json[], patch: Json[]): Json[] {
  if (node?.patchStrategy.includes("merge") !== true) return withoutItemDirectives(patch);
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === "replace" && Object.keys(item).length === 1))
    return withoutItemDirectives(patch);
  if (node.patchMergeKey === undefined) return mergePrimitives(before, patch);
  return mergeByKey(node, node.patchMergeKey, before, patch);
}

function mergePrimitives(before: Json[], patch: Json[]): Json[] {
  const merged = [...before, ...patch.filter((item) => !before.some((each) => sameJson(each, item)))];
  return inElementOrder(merged, { sent: patch, before, mergeKey: undefined });
}

function mergeByKey(node: SchemaNode, key: string, before: Json[], patch: Json[]): Json[] {
  const out = [...before];
  for (const item of patch) {
    if (!isObject(item)) throw refused(`list items with merge key "${key}" must be objects`);
    const value = item[key];
    if (value === undefined) throw refused(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = out.findIndex((each) => isObject(each) && sameJson(each[key], value));
    if (item[DIRECTIVE] === "delete") {
      if (index >= 0) out.splice(index, 1);
    } else if (index < 0) out.push(strategicPatch(node.items, {}, item));
    else if (item[DIRECTIVE] === "replace") out[index] = withoutDirectives(item);
    else out[index] = strategicPatch(node.items, out[index] as JsonObject, item);
  }
  return inElementOrder(out, { sent: patch, before, mergeKey: key });
}

/** `$retainKeys` lists the only fields that may stay: how a union's other members go away. */
function retainKeys(out: JsonObject, patch: JsonObject): void {
  const kept = patch[RETAIN_KEYS];
  if (kept === undefined) return;
  if (!Array.isArray(kept)) throw refused("$retainKeys must be a list");
  for (const field of Object.keys(out)) if (!kept.includes(field)) delete out[field];
}

function deleteFromPrimitiveLists(out: JsonObject, patch: JsonObject): void {
  for (const [name, gone] of Object.entries(patch)) {
    if (!name.startsWith(DELETE_ITEMS)) continue;
    const field = name.slice(DELETE_ITEMS.length);
    const list = out[field];
    if (Array.isArray(list) && Array.isArray(gone))
      out[field] = list.filter((item) => !gone.some((each) => sameJson(each, item)));
  }
}

interface Merge {
  node: SchemaNode | undefined;
  before: JsonObject;
  out: JsonObject;
  patch: JsonObject;
}

function orderLists({ node, before, out, patch }: Merge): void {
  for (const [name, sent] of Object.entries(patch)) {
    if (!name.startsWith(ELEMENT_ORDER)) continue;
    const field = name.slice(ELEMENT_ORDER.length);
    const [list, old] = [out[field], before[field]];
    const mergeKey = node?.child(field)?.patchMergeKey;
    if (Array.isArray(list) && Array.isArray(sent))
      out[field] = inElementOrder(list, { sent, before: Array.isArray(old) ? old : [], mergeKey });
  }
}

function withoutDirectives(value: JsonObject): JsonObject {
  return strategicPatch(
    undefined,
    {},
    Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith("$"))),
  );
}

function withoutItemDirectives(list: Json[]): Json[] {
  return list
    .filter((item) => !isObject(item) || item[DIRECTIVE] === undefined)
    .map((item) => (isObject(item) ? withoutDirectives(item) : copyJson(item)));
}

function refused(why: string): ClusterError {
  return new ClusterError("BadRequest", `invalid strategic merge patch: ${why}`);
}
