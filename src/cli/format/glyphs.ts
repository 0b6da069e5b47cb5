// The signs of the tree view, known from Argo Rollouts, and plain ones for terminals that cannot show them.

export interface Glyphs {
  readonly canary: string;
  readonly revision: string;
  readonly replicaSet: string;
  readonly pod: string;
  readonly branch: string;
  readonly last: string;
  readonly bar: string;
  readonly ok: string;
  readonly failed: string;
  readonly running: string;
  readonly paused: string;
  readonly warning: string;
  readonly unknown: string;
  readonly idle: string;
}

const UNICODE: Glyphs = {
  canary: "⟳",
  revision: "#",
  replicaSet: "⧉",
  pod: "□",
  branch: "├──",
  last: "└──",
  bar: "│  ",
  ok: "✔",
  failed: "✖",
  running: "◌",
  paused: "॥",
  warning: "⚠",
  unknown: "?",
  idle: "•",
};

const ASCII: Glyphs = {
  canary: "@",
  revision: "#",
  replicaSet: "*",
  pod: "-",
  branch: "|--",
  last: "`--",
  bar: "|  ",
  ok: "+",
  failed: "x",
  running: "o",
  paused: "=",
  warning: "!",
  unknown: "?",
  idle: ".",
};

/** A locale that is set and not UTF-8 gets ASCII. */
export function glyphsFor(env: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale) ? UNICODE : ASCII;
}
