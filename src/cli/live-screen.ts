// Lines that are redrawn in place on a terminal. What scrolled by before stays; so does the last picture at the end.

import { cutTo } from "./format/fit.ts";
import type { Sink } from "./world.ts";

export interface LiveScreen {
  draw(lines: string[]): void;
  close(): void;
}

export async function openLiveScreen(stdout: Sink): Promise<LiveScreen> {
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(stdout as unknown as NodeJS.WritableStream, { defaultHeight: 1000 });
  return {
    draw: (lines) => update(fit(lines, stdout).join("\n")),
    close: () => update.done(),
  };
}

/** Each line on one row, since a wrapped one would scroll the head away. The head matters most: the end gives way. */
export function fit(
  lines: string[],
  { rows, columns = Number.POSITIVE_INFINITY }: Pick<Sink, "rows" | "columns">,
): string[] {
  // One row stays free for the cursor.
  const tooMany = rows !== undefined && rows >= 2 && lines.length >= rows;
  const kept = tooMany ? lines.slice(0, rows - 2) : lines;
  const rest = tooMany ? [`... ${lines.length - kept.length} more lines: make the terminal higher`] : [];
  return [...kept, ...rest].map((line) => cutTo(line, columns));
}
