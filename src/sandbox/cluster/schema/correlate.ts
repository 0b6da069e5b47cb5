// Which part of the old value a part of the new one continues: list items by their identity, never by their place.

import { isObject, type Json, sameJson } from "../json.ts";
import type { SchemaNode } from "./schema-node.ts";

/** The old item with the same keys (map lists) or the same value (sets); undefined where items have no identity. */
export function oldItemOf(node: SchemaNode, before: Json | undefined, item: Json): Json | undefined {
  if (!Array.isArray(before)) return undefined;
  if (node.listType === "set") return before.find((each) => sameJson(each, item));
  if (node.listType !== "map" || !isObject(item)) return undefined;
  return before.find((each) => isObject(each) && node.listKeys.every((key) => sameJson(each[key], item[key])));
}
