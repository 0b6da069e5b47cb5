// What the exit code of every command means; the same table is in the help and in docs/reference/cli.md.

export const EXIT = {
  ok: 0,
  /** The command failed, or the rollout that it speaks of did. `diff`: there are differences. */
  failed: 1,
  usage: 2,
  timedOut: 3,
  unreachable: 4,
  notFound: 5,
  /** 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `Exit codes:
  0    ok
  1    failed, rolled back or stalled (diff: there are differences; lint: there are errors)
  2    wrong usage
  3    timed out
  4    the API server cannot be reached
  5    not found
  130  interrupted (Ctrl-C)`;
