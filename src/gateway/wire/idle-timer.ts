// Tells when a connection has carried nothing for too long. Node's own timer of an HTTP/2 session is not for that: Node does not clear it
// when the session ends (it looks at whether the session is destroyed first), so that each would stay in memory for as long as it may idle.

/** The longest that Node's timers can do. */
export const FOREVER_MS = 2 ** 31 - 1;

export interface IdleTimerOptions {
  idleMs: number;
  isIdle: () => boolean;
  /** Once. */
  onIdle: () => void;
}

export class IdleTimer {
  readonly #options: IdleTimerOptions;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = performance.now();

  constructor(options: IdleTimerOptions) {
    this.#options = options;
    this.#look(options.idleMs);
  }

  /** To be called when it becomes idle. */
  rest(): void {
    this.#sinceMs = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One timer that is set anew when it fires: one for each request would cost more. */
  #look(ms: number): void {
    this.#timer = setTimeout(() => this.#fire(), Math.min(ms, FOREVER_MS)).unref();
  }

  #fire(): void {
    const { idleMs, isIdle, onIdle } = this.#options;
    const leftMs = isIdle() ? this.#sinceMs + idleMs - performance.now() : idleMs;
    if (leftMs > 0) this.#look(Math.ceil(leftMs));
    else onIdle();
  }
}
