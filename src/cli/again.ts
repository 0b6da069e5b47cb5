// Command lines that are shown to be typed next: by the name that the program was called by, and to the same cluster. A
// person who pastes one at night must not end up in another cluster than the one just acted on.

import type { Session } from "./session.ts";

export function again({ options, world }: Session, command: string): string {
  const { kubeconfig, context, cluster, user, as, home, namespace } = options;
  const flags = { kubeconfig, context, cluster, user, as, home, namespace };
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
  return [invokedAs(world.env), command, ...given].join(" ");
}

/** "kubectl serin" as its plugin. */
export function invokedAs(env: Readonly<Record<string, string | undefined>>): string {
  return env.SERIN_INVOKED_AS === "kubectl-serin" ? "kubectl serin" : "serin";
}

function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
