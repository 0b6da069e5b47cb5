// Writes whose echo has not come back by the watch yet. Who counts objects in a copy must wait for them, or it creates the
// same thing twice.

interface Awaited {
  owner: string;
  expiresAtMs: number;
  version: number;
}

export class Expectations {
  #awaited = new Map<string, Awaited>();
  #timeoutMs = 30_000;

  /**
   * `item`: the object that was written, by any text that names it; `resourceVersion`: what the watch must have shown at
   * least (resourceVersions of one resource rise).
   */
  expect(owner: string, item: string, nowMs: number, resourceVersion = "0"): void {
    this.#awaited.set(item, { owner, expiresAtMs: nowMs + this.#timeoutMs, version: Number(resourceVersion) });
  }

  /** The watch showed the item. Returns the owner that waited for it. */
  met(item: string, resourceVersion = "Infinity"): string | undefined {
    const awaited = this.#awaited.get(item);
    if (awaited === undefined || Number(resourceVersion) < awaited.version) return undefined;
    this.#awaited.delete(item);
    return awaited.owner;
  }

  /** True when the owner's echoes are all in. One that never came is given up after a while. */
  settled(owner: string, nowMs: number): boolean {
    for (const [item, awaited] of this.#awaited) {
      if (awaited.expiresAtMs <= nowMs) this.#awaited.delete(item);
      else if (awaited.owner === owner) return false;
    }
    return true;
  }
}
