// Logs of a running or ended pod. Sandbox: files of the runtime; the API serves them at pods/NAME/log.

export interface PodLogs {
  /** Lines (with their newline) of a pod's container, from its newest start on; ends when not following or when the container ends. */
  read(pod: { namespace: string; name: string; uid: string }, options: PodLogOptions): AsyncIterable<string>;
}

export interface PodLogOptions {
  follow?: boolean;
  tailLines?: number;
  /** Only lines written at this time or later, in milliseconds since the epoch. */
  sinceMs?: number;
  timestamps?: boolean;
  /** The run before the last restart. */
  previous?: boolean;
  limitBytes?: number;
  signal?: AbortSignal;
}
