// The order of a list after a strategic merge patch: the sender's items as sent (or as `$setElementOrder` says), the server's own
// items in between where they stood before. Source: k8s.io/apimachinery pkg/util/strategicpatch, mergeSortedSlice.

import { isObject, type Json, sameJson } from "../json.ts";

interface Orders {
  /** The sender's. */
  sent: Json[];
  /** The list before the patch. */
  before: Json[];
  mergeKey: string | undefined;
}

export function inElementOrder(list: Json[], { sent, before, mergeKey }: Orders): Json[] {
  const keyOf = (item: Json) => (mergeKey !== undefined && isObject(item) ? (item[mergeKey] ?? null) : item);
  const rankIn = (order: Json[], item: Json) => order.findIndex((each) => sameJson(keyOf(each), keyOf(item)));
  const bySent = (a: Json, b: Json) => rankIn(sent, a) - rankIn(sent, b);
  const senders = list.filter((item) => rankIn(sent, item) >= 0).sort(bySent);
  const own = list.filter((item) => rankIn(sent, item) < 0);
  const out: Json[] = [];
  let next = 0;
  for (const item of senders) {
    const place = rankIn(before, item);
    while (next < own.length && isBefore(rankIn(before, own[next]!), place)) out.push(own[next++]!);
    out.push(item);
  }
  return [...out, ...own.slice(next)];
}

/** Only of items that were both there before can be said which stood first; else the sender's goes first. */
function isBefore(place: number, other: number): boolean {
  return place >= 0 && other >= 0 && place < other;
}
