// `$setElementOrder` of a strategic merge patch: the sender's items in the sender's order, the server's own items where they were
// relative to them.

import { isObject, type Json, sameJson } from "../json.ts";

export function inElementOrder(list: Json[], order: Json[], mergeKey: string | undefined): Json[] {
  const keyOf = (item: Json) => (mergeKey !== undefined && isObject(item) ? (item[mergeKey] ?? null) : item);
  const rankOf = (item: Json) => order.findIndex((each) => sameJson(keyOf(each), keyOf(item)));
  const ranked = list.map((item, index) => ({ item, index, rank: rankOf(item) }));
  const named = ranked.filter((each) => each.rank >= 0).sort((a, b) => a.rank - b.rank);
  const own = ranked.filter((each) => each.rank < 0);
  const out: Json[] = [];
  let next = 0;
  for (const each of named) {
    for (; next < own.length && own[next]!.index < each.index; next++) out.push(own[next]!.item);
    out.push(each.item);
  }
  return [...out, ...own.slice(next).map((each) => each.item)];
}
