// A stream that says nothing may be quiet or dead: a frozen proxy keeps the connection and loses what was sent. A server that
// was asked for bookmarks sends one about once a minute, so silence for longer means that the stream has to be opened anew.

import type { Clock } from "../ports/clock.ts";

export interface SilenceGuard {
  /** Aborts at the silence, and with the outer signal. */
  readonly signal: AbortSignal;
  /** True when it was silence that aborted. */
  readonly isSilent: boolean;
  /** Something was heard. */
  heard(): void;
  /** Must be called at the end of the stream. */
  release(): void;
}

/** Notices a silence after one to two intervals: one timer looks whether anything came since the last look. */
export function guardSilence(clock: Clock, intervalMs: number, outer: AbortSignal): SilenceGuard {
  const abort = new AbortController();
  let heard = true;
  let isSilent = false;
  let cancel = clock.after(intervalMs, look);
  const forward = () => abort.abort();
  outer.addEventListener("abort", forward, { once: true });
  if (outer.aborted) forward();

  function look(): void {
    isSilent = !heard;
    heard = false;
    if (isSilent) abort.abort();
    else cancel = clock.after(intervalMs, look);
  }

  return {
    signal: abort.signal,
    get isSilent() {
      return isSilent;
    },
    heard: () => (heard = true),
    release() {
      cancel();
      outer.removeEventListener("abort", forward);
    },
  };
}
