// The catalogue as it is now: the built-in entries after those of the user's file, which is read anew when it changes.

import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { builtInCatalogue } from "./built-in.ts";
import type { CatalogueEntry } from "./entry.ts";

export interface Catalogue {
  entries: CatalogueEntry[];
  /** What is wrong with the user's file; its entries are left out then. */
  problem?: string;
  /** Changes when the user's file does. */
  version: string;
}

/** A file that is not there yet is an empty one. */
export async function loadCatalogue(file: string | undefined): Promise<Catalogue> {
  const builtIn = builtInCatalogue();
  if (file === undefined) return { entries: builtIn, version: "" };
  const version = await versionOf(file);
  if (version === "absent") return { entries: builtIn, version };
  try {
    // Only those who have such a file pay for the parser.
    const { parseCatalogue } = await import("./parse.ts");
    const entries = parseCatalogue(await readFile(file, "utf8"), file);
    return { entries: [...entries.map((entry) => located(entry, file)), ...builtIn], version };
  } catch (error) {
    return { entries: builtIn, version, problem: error instanceof Error ? error.message : String(error) };
  }
}

export async function versionOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs}/${size}/${ino}`;
  } catch {
    return "absent";
  }
}

/** Paths in the file are relative to it. */
function located(entry: CatalogueEntry, file: string): CatalogueEntry {
  return { ...entry, workingDir: resolve(dirname(file), entry.workingDir ?? ".") };
}
