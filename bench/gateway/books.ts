// Every request that the upstream saw must be in the access log and in the statistics of the proxy whose turn it was.

import { setTimeout as sleep } from "node:timers/promises";
import { takeLogLines } from "./check.ts";
import type { Contender } from "./contenders.ts";

/** Each writes its log at least once a second. */
const FLUSHED_MS = 1_500;

interface Account {
  /** What its own statistics had counted before. */
  countedBefore: number;
  served: number;
  logged: number;
  /** Requests that a client gave up at the end of a load: they may be in one count and not in another. */
  unsure: number;
}

export class Books {
  readonly #accounts = new Map<Contender, Account>();

  async open(contender: Contender): Promise<void> {
    const countedBefore = await contender.counted();
    await sleep(FLUSHED_MS);
    takeLogLines(contender.accessLog);
    this.#accounts.set(contender, { countedBefore, served: 0, logged: 0, unsure: 10 });
  }

  /** The file is read and emptied at each turn, so that logs stay small. */
  served(contender: Contender, requests: number, unsure: number): void {
    const account = this.#accounts.get(contender);
    if (account === undefined) return;
    account.served += requests;
    account.unsure += unsure;
    account.logged += takeLogLines(contender.accessLog);
  }

  /** Throws when the log or the statistics do not have what was served. */
  async close(contender: Contender): Promise<void> {
    await sleep(FLUSHED_MS);
    const { countedBefore, served, logged, unsure } = this.#accounts.get(contender)!;
    const lines = logged + takeLogLines(contender.accessLog);
    const counted = (await contender.counted()) - countedBefore;
    for (const [what, count] of [
      ["access log has", lines],
      ["statistics count", counted],
    ] as const)
      if (Math.abs(count - served) > unsure)
        throw new Error(`${contender.name}'s ${what} ${count} of ${served} requests`);
  }
}
