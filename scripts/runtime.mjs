// Finds the Node 24 that this clone runs on, installing what is missing. Plain JavaScript that Node 20 can read:
// it runs before anything else is there.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WANTED_MAJOR = 24;

/**
 * The path of a Node that is new enough: the running one, or the pinned package's. Undefined when there is none.
 */
export function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= WANTED_MAJOR) return process.execPath;
  try {
    const require = createRequire(join(root, "node-runtime", "package.json"));
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    return join(dirname(manifest), "bin", "node");
  } catch {
    return undefined;
  }
}

/** Installs the dependencies when the lockfile's set is not there yet. `scope`: "run" leaves out what only development needs. */
export function ensureInstalled(scope) {
  const lock = readFileSync(join(root, "package-lock.json"));
  const want = createHash("sha256").update(lock).digest("hex");
  const have = installed();
  if (have.hash === want && (have.scope === "all" || have.scope === scope)) return;
  const what = scope === "all" ? "all dependencies" : "what Serin needs to run";
  process.stderr.write(`Installing ${what} (once; about ${scope === "all" ? "a minute" : "10 seconds"}) ...\n`);
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if (scope !== "all") args.push("--omit=dev");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) {
    process.stderr.write(
      `\nThe installation failed (npm ci, exit ${result.status ?? result.signal ?? result.error}).\n` +
        "Check that the npm registry can be reached, then run the same command again.\n",
    );
    process.exit(1);
  }
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stampFile(), JSON.stringify({ hash: want, scope }));
  process.stderr.write("Installed.\n");
}

/** Exits with what to do when no Node is new enough. */
export function requireNode() {
  const node = findNode();
  if (node !== undefined) return node;
  process.stderr.write(
    `Serin needs Node ${WANTED_MAJOR} or newer; this is ${process.version} on ${process.platform}-${process.arch}, ` +
      "for which no pinned Node is available.\nInstall Node 24 (https://nodejs.org, or `nvm install 24`), then run the same command again.\n",
  );
  process.exit(1);
}

function stampFile() {
  return join(root, "node_modules", ".serin-installed.json");
}

function installed() {
  if (!existsSync(stampFile())) return {};
  return JSON.parse(readFileSync(stampFile(), "utf8"));
}
