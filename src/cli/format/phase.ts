// How a phase looks: a sign and a word beside the colour, so that nothing is said by colour alone.

import type { Phase } from "../../core/rollout/status.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Paint, Tone } from "./paint.ts";

const LOOKS: Record<Phase, { glyph: keyof Glyphs; tone: Tone }> = {
  Idle: { glyph: "idle", tone: "dim" },
  Progressing: { glyph: "running", tone: "blueBright" },
  Paused: { glyph: "paused", tone: "yellow" },
  Completed: { glyph: "ok", tone: "green" },
  Aborting: { glyph: "warning", tone: "red" },
  Aborted: { glyph: "failed", tone: "red" },
  Undoing: { glyph: "warning", tone: "yellow" },
  Undone: { glyph: "failed", tone: "yellow" },
  Stalled: { glyph: "warning", tone: "red" },
};

/** A Canary without a status was not seen by a controller yet. */
export function phaseText(phase: Phase | undefined, glyphs: Glyphs, paint: Paint): string {
  if (phase === undefined) return paint("dim", `${glyphs.unknown} Pending`);
  const { glyph, tone } = LOOKS[phase];
  return paint(tone, `${glyphs[glyph]} ${phase}`);
}
