// The folder that holds src/ (or the bundle), where the examples lie too.

import { dirname } from "node:path";

export const root = dirname(dirname(import.meta.dirname));
/** The program's first file, for starting it once more. */
export const mainFile = `${root}/src/main.ts`;
