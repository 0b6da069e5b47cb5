// `npm test`: installs what is missing, then runs all tests that need no cluster. Arguments go to vitest.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, requireNode, root } from "./runtime.mjs";

ensureInstalled("all");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const result = spawnSync(
  requireNode(),
  [vitest, "run", "--project", "unit", "--project", "e2e", ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
process.exit(result.status ?? 1);
