// Which endpoint of a cluster takes the next attempt. Pure: the caller brings the state and the dice.

import type { Random } from "../random.ts";
import type { Balance } from "../routing/table.ts";
import type { Turns } from "./turns.ts";

export interface Candidate {
  readonly inFlight: number;
}

export interface BalanceState<T extends object> {
  /** Round robin's next position. */
  cursor: number;
  /** While endpoints warm up. */
  readonly turns: Turns<T>;
}

/** Endpoints must not be empty. */
export function pickEndpoint<T extends Candidate>(
  endpoints: readonly T[],
  balance: Balance,
  state: Pick<BalanceState<T>, "cursor">,
  random: Random,
): T {
  if (endpoints.length === 1) return endpoints[0]!;
  switch (balance) {
    case "round_robin":
      state.cursor = (state.cursor + 1) % endpoints.length;
      return endpoints[state.cursor]!;
    case "random":
      return any(endpoints, random);
    case "least_request": {
      // Envoy's power of two choices: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-least-request
      const [a, b] = [any(endpoints, random), any(endpoints, random)];
      return b.inFlight < a.inFlight ? b : a;
    }
  }
}

/**
 * What is left when those tried before are avoided; all of them when nothing would be left. Envoy draws again up to five times
 * for this (previous_hosts, host_selection_retry_max_attempts), so it may still meet one that was tried; here that cannot be.
 */
export function untried<T>(endpoints: readonly T[], tried: readonly T[] | undefined): readonly T[] {
  if (tried === undefined) return endpoints;
  const left = endpoints.filter((each) => !tried.includes(each));
  return left.length === 0 ? endpoints : left;
}

function any<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)]!;
}
