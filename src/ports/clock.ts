// Time as a port: the shell asks it, core never does. Tests put a virtual clock behind it.

export interface Clock {
  /** Milliseconds since the epoch. May jump when the machine's clock is set. */
  now(): number;
  /** Runs the callback once after the delay; the return value cancels it. Never keeps the process alive by itself. */
  after(delayMs: number, run: () => void): () => void;
}
