// Injected faults: whether one happens to a request, and what the counters call it.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter

import type { Random } from "../random.ts";
import type { Chance } from "../routing/table.ts";

/** Every request throws its own dice. */
export function happens({ perMillion }: Chance, random: Random): boolean {
  return perMillion > 0 && Math.floor(random() * 1_000_000) < perMillion;
}

/** The delay comes before whatever happens next. */
export function delayedFlags(flags: string): string {
  return flags === "-" ? "DI" : `DI,${flags}`;
}
