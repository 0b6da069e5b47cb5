// A time limit for a call into the outside: what hangs must not hang a key for ever.

import type { Clock } from "../ports/clock.ts";

class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** The call's answer, or DeadlineError. The call itself is not stopped: its late answer is dropped. */
export function withDeadline<T>(clock: Clock, limitMs: number, what: string, call: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(new DeadlineError(`${what}: no answer within ${limitMs} ms`)));
    call.then(resolve, reject).finally(cancel);
  });
}
