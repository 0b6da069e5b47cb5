// Finds the Node 24 that this clone runs on, installing what is missing. Plain JavaScript that Node 20 can read:
// it runs before anything else is there.

import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
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

/**
 * Installs the lockfile's packages unless they are there, whoever installed them. `scope`: "run" leaves out what only
 * development needs, "all" takes everything.
 */
export function ensureInstalled(scope) {
  if (missingPackages(scope).length > 0) install(scope);
  linkOwnCommand();
}

function install(scope) {
  const what = scope === "all" ? "all dependencies" : "what Serin needs to run";
  process.stderr.write(`Installing ${what} (once; about ${scope === "all" ? "a minute" : "10 seconds"}) ...\n`);
  const startedMs = Date.now();
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if (scope !== "all") args.push("--omit=dev");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) {
    process.stderr.write(
      `\nThe installation failed (npm ${args.join(" ")}: ${result.error?.message ?? result.signal ?? `exit ${result.status}`}).\n` +
        "Check that the npm registry can be reached, then run the same command again.\n",
    );
    process.exit(1);
  }
  process.stderr.write(`Installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.\n`);
}

/**
 * npm does not link a package's own command. With the link `npx serin` runs it at once; without, npx asks the package
 * itself first and warns of its engines on an older Node.
 */
function linkOwnCommand() {
  if (process.platform === "win32") return;
  try {
    symlinkSync("../../bin/serin.mjs", join(root, "node_modules", ".bin", "serin"));
  } catch {
    // It is there already, or the folder is read-only: npx works all the same.
  }
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

/** The lockfile's entries that are absent or of another version. What is optional may be absent: findNode looks at that. */
function missingPackages(scope) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages).filter(([path, { version, link, dev, optional, devOptional }]) => {
    if (!path.startsWith("node_modules/") || link || optional || devOptional || (dev && scope !== "all")) return false;
    return installedVersion(path) !== version;
  });
}

function installedVersion(path) {
  try {
    return JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")).version;
  } catch {
    return undefined;
  }
}
