// Whose turn it is when some shall get more than others: the earliest deadline first, as in Envoy's weighted balancers
// (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-round-robin).
// Who has had a turn gets the next one 1 / weight later. Weights may change between turns; who comes late has missed nothing.

export class Turns<T extends object> {
  readonly #deadlines = new WeakMap<T, number>();
  #now = 0;

  /** Items must not be empty, weights above zero. */
  next(items: readonly T[], weightOf: (item: T) => number): T {
    let next = items[0]!;
    let earliest = Infinity;
    for (const item of items) {
      const deadline = this.#deadlineOf(item, weightOf);
      if (deadline < earliest) [next, earliest] = [item, deadline];
    }
    // Somebody who was away for long has one turn to make up for, not many.
    this.#now = Math.max(this.#now, earliest);
    this.#deadlines.set(next, this.#now + 1 / weightOf(next));
    return next;
  }

  #deadlineOf(item: T, weightOf: (item: T) => number): number {
    const known = this.#deadlines.get(item);
    if (known !== undefined) return known;
    const first = this.#now + 1 / weightOf(item);
    this.#deadlines.set(item, first);
    return first;
  }
}
