// Warm-up: an endpoint that has just come gets a part of its share, which grows for a while. Envoy calls it slow start:
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start
//   share = max(minimum, (age / window) ^ (1 / aggression))
// Where all endpoints are equally new, all get the same.

import type { WarmUp } from "../routing/table.ts";

/** Which part of its full share an endpoint of this age gets: from the minimum to 1, never less than when it was younger. */
export function warmShare({ windowMs, minimumShare, aggression }: WarmUp, ageMs: number): number {
  if (ageMs >= windowMs) return 1;
  return Math.max(minimumShare, (Math.max(ageMs, 1) / windowMs) ** (1 / aggression));
}
