// What all verbs share: the stored world, the known resources, time, randomness, and the work that a change brings with it.

import { randomBytes, randomUUID } from "node:crypto";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Registry } from "./registry.ts";
import type { ObjectStore } from "./store/object-store.ts";

/** Who calls. */
export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
}

export class Core {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  #isSeeded: boolean;
  #tasks: (() => void)[] = [];
  #draining = false;

  constructor(parts: { store: ObjectStore; registry: Registry; clock: Clock; log: Log; random?: () => number }) {
    this.store = parts.store;
    this.registry = parts.registry;
    this.clock = parts.clock;
    this.log = parts.log;
    this.random = parts.random ?? secureRandom;
    this.#isSeeded = parts.random !== undefined;
  }

  /** RFC 3339 with seconds, as all timestamps of metadata. */
  now(): string {
    return timestamp(this.clock.now());
  }

  uid(): string {
    if (!this.#isSeeded) return randomUUID();
    const hex = Array.from({ length: 32 }, () => Math.floor(this.random() * 16).toString(16));
    hex[12] = "4";
    hex[16] = "89ab"[Math.floor(this.random() * 4)]!;
    const text = hex.join("");
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
  }

  /** The five letters that generateName appends; no vowels, so no words. */
  nameSuffix(): string {
    const letters = "bcdfghjklmnpqrstvwxz2456789";
    return Array.from({ length: 5 }, () => letters[Math.floor(this.random() * letters.length)]).join("");
  }

  /** Work that follows from a commit, done before the call that caused it returns. */
  defer(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Does what was deferred; a failing task is logged and hinders no other. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        task();
      } catch (error) {
        this.log.error("follow-up of a change failed", { error: String(error) });
      }
    }
    this.#draining = false;
  }

  object(storage: string, key: string): KubeObject | undefined {
    return this.store.get(storage, key);
  }
}

export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function secureRandom(): number {
  return randomBytes(4).readUInt32LE() / 2 ** 32;
}
