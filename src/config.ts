// What the environment says, read once. Flags are the commands' own (src/cli/options.ts).

import type { SandboxOptions } from "./cli/world.ts";

export interface ProcessConfig {
  /** Started by bin/serin.mjs on another Node: its end is ours. */
  launched: boolean;
  /** Started by `serin up -d`: nobody's end is ours. The options of that start. */
  detached?: SandboxOptions;
  /** npm and its shell stand between us and whoever started us. */
  underNpm: boolean;
  /** The terminal shows more than ASCII. */
  unicode: boolean;
  /** -v: the sandbox's log lines on stderr too. */
  verbose: boolean;
  /** SERIN_DEBUG=1: more of them. */
  debug: boolean;
  /** SERIN_POD_ADDRESSES: how pods get theirs, where trying it out would be misled. Absent: found by trying. */
  podAddresses?: "alias" | "ports";
}

export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
  argv: readonly string[],
): ProcessConfig {
  const { SERIN_DETACHED, SERIN_POD_ADDRESSES: podAddresses } = env;
  return {
    launched: env.SERIN_LAUNCHER === "1",
    ...(SERIN_DETACHED !== undefined && { detached: JSON.parse(SERIN_DETACHED) as SandboxOptions }),
    underNpm: env.npm_execpath !== undefined,
    unicode: platform === "darwin" || /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ""),
    verbose: argv.some((word) => /^(-v\d*|--verbose)$/.test(word)),
    debug: env.SERIN_DEBUG === "1",
    ...((podAddresses === "alias" || podAddresses === "ports") && { podAddresses }),
  };
}
