// Memory that sockets read into, used again and again: a new piece for each read, which is how Node does it, would be most of what a
// large body costs, with the garbage collector's pauses. A connection has a small piece while it carries little, and a large one while
// bodies come. Bytes of a large body are lent with the piece that they are in: it comes back when the last holder lets go, and is left
// to the garbage collector when one never does. So to forget to let go costs memory for a while; to let go too early would mix up bodies.

const SMALL_BYTES = 4_096;
/** A body of 64 kB and the head before it come in one read. */
const LARGE_BYTES = 131_072;
/** From here on bytes are lent; below, a copy costs less than a piece that is away. */
export const LENT_FROM_BYTES = 16_384;
/** Kept for later: 16 MB. */
const MOST_LARGE_KEPT = 96;
const MOST_SMALL_KEPT = 256;
/** So many connections at once have a large one (64 MB); beyond that they make do with the small one. */
const MOST_LARGE_IN_USE = 512;

const keptSmall: Buffer[] = [];
const keptLarge: Buffer[] = [];
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
    const large = this.#usedBytes >= SMALL_BYTES && (largeInUse < MOST_LARGE_IN_USE || isLarge(this.#memory));
    if (this.#memory !== undefined && !this.#isLent && isLarge(this.#memory) === large) return this.#memory;
    this.release();
    this.#isLent = false;
    if (large) largeInUse++;
    this.#memory = (large ? keptLarge : keptSmall).pop() ?? Buffer.allocUnsafeSlow(large ? LARGE_BYTES : SMALL_BYTES);
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
  const kept = isLarge(memory) ? keptLarge : keptSmall;
  if (kept.length < (isLarge(memory) ? MOST_LARGE_KEPT : MOST_SMALL_KEPT)) kept.push(memory);
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
