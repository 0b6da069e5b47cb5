// `node scripts/complete-lockfile.ts`, after every `npm install` that changed package-lock.json: adds the optional platform
// packages that the registry in use could not show. npm leaves those out of the lockfile, and `npm ci` then refuses it
// everywhere ("Missing: ... from lock file"). They are named with exact versions by their parents and are for other
// platforms than the one at hand, so version, os and cpu are all that is needed; integrity is checked where npm knows it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const OSES = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPUS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

const file = join(import.meta.dirname, "..", "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockEntry> };
const added = missing(lock.packages);
for (const [path, entry] of added) lock.packages[path] = entry;
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(
  added.length === 0
    ? "package-lock.json is complete."
    : `Added ${added.length} platform packages to package-lock.json.`,
);

function missing(packages: Record<string, LockEntry>): [string, LockEntry][] {
  return Object.entries(packages).flatMap(([path, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isLocked(packages, path, name))
      .map(([name, version]): [string, LockEntry] => [`node_modules/${name}`, entryOf(name, version, dev)]),
  );
}

/** Node's own way of looking: in the package's folder, then in each one above. */
function isLocked(packages: Record<string, LockEntry>, from: string, name: string): boolean {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    if (`${base === "" ? "" : `${base}/`}node_modules/${name}` in packages) return true;
    if (base === "") return false;
  }
}

function entryOf(name: string, version: string, dev: boolean | undefined): LockEntry {
  const words = name.split(/[^a-z0-9]+/);
  const os = OSES.find((each) => words.includes(each));
  const cpu = CPUS.find((each) => words.includes(each));
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+/.test(version))
    throw new Error(
      `${name}@${version} is missing from package-lock.json, and its name tells no platform: run npm install elsewhere.`,
    );
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : os === "linux" ? "glibc" : undefined;
  return {
    version,
    ...(dev && { dev }),
    optional: true,
    os: [os],
    cpu: [cpu],
    ...(libc !== undefined && { libc: [libc] }),
  };
}
