// A duration as the API writes it, checked where the object says it.

import { parseDurationMs } from "../../core/kubernetes/duration.ts";
import type { Complain } from "./compile-match.ts";

export function compileDuration(text: string | undefined, field: string, complain: Complain): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 0)
    complain(field, `${field}: ${JSON.stringify(text)} is no duration; write it like 1.5s or 250ms`);
  return ms;
}
