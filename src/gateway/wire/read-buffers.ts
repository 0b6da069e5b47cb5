// Memory that sockets read into, used again and again: a new piece for each read, which is how Node does it, would be most of what a
// large body costs, with the garbage collector's pauses. A connection has a small piece while it carries little, and a large one while
// bodies come. Bytes of a large body are lent with the piece that they are in: it comes back when the last holder lets go, and is left
// to the garbage collector when one never does. So to forget to let go costs memory for a while; to let go too early would mix up bodies.

const SMALL_BYTES = 4_096;
/** A body of 64 kB and the head before it come in one read. */
const LARGE_BYTES = 131_072;
/** From here on bytes are lent; below, a copy costs less than a piece that is away. */
export const LENT_FROM_BYTES = 16_384;
/** Kept for later: 13 MB at most. */
const MOST_LARGE_KEPT = 96;
const MOST_SMALL_KEPT = 256;
/** After so many have come back, those that were never needed meanwhile are given up: a rush leaves nothing behind. */
const RETURNS_TO_LOOK = 1_024;
/** So many connections at once have a large one (64 MB); beyond that they make do with the small one. */
const MOST_LARGE_IN_USE = 512;

/** Pieces of one size. */
class Pool {
  readonly #bytes: number;
  readonly #most: number;
  readonly #kept: Buffer[] = [];
  #fewest = 0;
  #returns = 0;

  constructor(bytes: number, most: number) {
    this.#bytes = bytes;
    this.#most = most;
  }

  take(): Buffer {
    const memory = this.#kept.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
    this.#fewest = Math.min(this.#fewest, this.#kept.length);
    return memory;
  }

  keep(memory: Buffer): void {
    if (this.#kept.length < this.#most) this.#kept.push(memory);
    if (++this.#returns < RETURNS_TO_LOOK) return;
    this.#kept.splice(0, this.#fewest);
    this.#fewest = this.#kept.length;
    this.#returns = 0;
  }
}

const small = new Pool(SMALL_BYTES, MOST_SMALL_KEPT);
const large = new Pool(LARGE_BYTES, MOST_LARGE_KEPT);
let largeInUse = 0;

const LOAN = Symbol("loan");
interface Loan {
  memory: Buffer;
  holders: number;
}
type Lent = Buffer & { [LOAN]?: Loan };

/** What one connection reads into. */
export class ReadBuffer {
  #memory: Buffer | undefined;
  #isLent = false;
  #usedBytes = 0;

  /** Where the next read is to put its bytes; to be asked after each one. */
  next(): Buffer {
    const wantsLarge = this.#usedBytes >= SMALL_BYTES && (largeInUse < MOST_LARGE_IN_USE || isLarge(this.#memory));
    if (this.#memory !== undefined && !this.#isLent && isLarge(this.#memory) === wantsLarge) return this.#memory;
    this.release();
    this.#isLent = false;
    if (wantsLarge) largeInUse++;
    this.#memory = (wantsLarge ? large : small).take();
    return this.#memory;
  }

  /** What a read has put there: good until the next one, unless it is lent. */
  bytes(length: number): Buffer {
    this.#usedBytes = length;
    return this.#memory!.subarray(0, length);
  }

  /** The same bytes (a part of the last read) for as long as somebody holds them: one holder so far. */
  lend(bytes: Buffer): Buffer {
    if (bytes.length < LENT_FROM_BYTES) return Buffer.from(bytes);
    this.#isLent = true;
    (bytes as Lent)[LOAN] = { memory: this.#memory!, holders: 1 };
    return bytes;
  }

  /** Nothing is read any more. */
  release(): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    this.#memory = undefined;
    if (isLarge(memory)) largeInUse--;
    if (!this.#isLent) keep(memory);
  }
}

function isLarge(memory: Buffer | undefined): boolean {
  return memory?.length === LARGE_BYTES;
}

function keep(memory: Buffer): void {
  (isLarge(memory) ? large : small).keep(memory);
}

/** One more has to let go of these bytes. Of bytes that are not lent it is nothing. */
export function hold(bytes: Lent): void {
  const loan = bytes[LOAN];
  if (loan !== undefined) loan.holders++;
}

/** They may be overwritten from now on, as far as this holder is concerned. */
export function letGo(bytes: Lent): void {
  const loan = bytes[LOAN];
  if (loan === undefined || --loan.holders > 0) return;
  bytes[LOAN] = undefined;
  keep(loan.memory);
}

/** To be called when the bytes have been written; undefined where nobody needs to know. */
export function whenWritten(bytes: Lent): (() => void) | undefined {
  return bytes[LOAN] === undefined ? undefined : () => letGo(bytes);
}
