// Which destination a request of a weighted route goes to: permuted blocks. In each aligned block of (weight sum / gcd)
// requests the counts are exact; inside a block every order is equally likely. So ten requests at 80/20 are 8 and 2, and a
// client with a rhythm of its own (GET, POST, GET, …) is still assigned at random.

import type { Random } from "../random.ts";

/** Draws without replacement from an urn that holds one block; refills it when it is empty. Memory is one number a destination. */
export class Splitter {
  readonly #block: readonly number[];
  readonly #blockSize: number;
  readonly #left: number[];
  readonly #random: Random;
  #leftTotal = 0;

  /** Weights are non-negative integers with a sum above zero. */
  constructor(weights: readonly number[], random: Random) {
    const divisor = weights.reduce(greatestCommonDivisor, 0);
    this.#block = weights.map((weight) => weight / divisor);
    this.#blockSize = this.#block.reduce((sum, count) => sum + count, 0);
    this.#left = [...this.#block];
    this.#leftTotal = this.#blockSize;
    this.#random = random;
  }

  /** Index of the destination for the next request. */
  next(): number {
    if (this.#leftTotal === 0) this.#refill();
    let ticket = Math.floor(this.#random() * this.#leftTotal);
    const left = this.#left;
    let index = 0;
    while (ticket >= left[index]!) ticket -= left[index++]!;
    left[index]!--;
    this.#leftTotal--;
    return index;
  }

  #refill(): void {
    for (let i = 0; i < this.#block.length; i++) this.#left[i] = this.#block[i]!;
    this.#leftTotal = this.#blockSize;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
