// Waits until a pool has no connection left.

export class Vacancy {
  #waiting: (() => void)[] = [];

  /** To be called by the pool when its last connection has gone. */
  reached(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** `end` is what lets the connections end; it is not called when there is none. Resolves when the last one has gone. */
  after(connections: ReadonlySet<unknown>, end: () => void): Promise<void> {
    if (connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      end();
    });
  }
}
