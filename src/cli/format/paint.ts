// Colours, where they are wanted: --color, then NO_COLOR (https://no-color.org), FORCE_COLOR, then whether it is a terminal.

import { styleText } from "node:util";
import type { Sink } from "../world.ts";

export type Tone = "bold" | "dim" | "red" | "green" | "yellow" | "blueBright" | "cyan";
export type Paint = (tone: Tone | undefined, text: string) => string;

export function paintFor(
  sink: Pick<Sink, "isTTY">,
  env: Readonly<Record<string, string | undefined>>,
  when: "auto" | "always" | "never" = "auto",
): Paint {
  if (!wantsColor(sink, env, when)) return (_, text) => text;
  return (tone, text) => (tone === undefined ? text : styleText(tone, text, { validateStream: false }));
}

export function wantsColor(
  sink: Pick<Sink, "isTTY">,
  env: Readonly<Record<string, string | undefined>>,
  when: "auto" | "always" | "never",
): boolean {
  if (when !== "auto") return when === "always";
  if ((env.NO_COLOR ?? "") !== "") return false;
  if ((env.FORCE_COLOR ?? "") !== "") return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return sink.isTTY === true && env.TERM !== "dumb";
}
