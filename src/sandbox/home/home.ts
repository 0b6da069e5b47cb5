// The home folder itself: made at the first start, deleted by `serin reset`, and told from any other folder by a marker,
// so that `--home ~` costs nobody a home directory.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { HomePaths } from "./paths.ts";

const MARKER_TEXT = "A Serin sandbox keeps its state in this folder. `serin reset` deletes the folder.\n";

/** Makes the folder. Throws when it holds things that are not ours. */
export function openHome(paths: HomePaths): void {
  mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  if (existsSync(paths.marker)) return;
  const found = readdirSync(paths.dir);
  if (found.length > 0)
    throw new Error(
      `${paths.dir} is not empty and no sandbox home (it holds ${found.slice(0, 3).join(", ")}). ` +
        "Give --home a new or empty folder; Serin keeps its state there and `serin reset` deletes it.",
    );
  writeFileSync(paths.marker, MARKER_TEXT);
}

/** Deletes the home with all that is in it. A folder without the marker is refused; an absent one is no error. */
export async function deleteHome(paths: HomePaths): Promise<void> {
  if (!existsSync(paths.dir)) return;
  if (!existsSync(paths.marker))
    throw new Error(`${paths.dir} is no sandbox home (it has no .serin-home), so nothing was deleted.`);
  await rm(paths.dir, { recursive: true, force: true, maxRetries: 5 });
}
