// One sandbox per home: a lock file names the process that runs there. A lock whose process is gone is taken over.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { identify, isAlive, type ProcessIdentity } from "./process-info.ts";

export interface Lock {
  /** False when the file is gone or another's: somebody deleted the home under us. */
  isHeld(): boolean;
  release(): void;
}

/** Takes the lock, or throws an error that names the process that has it and how to end it. */
export function acquireLock(file: string, homeDir: string): Lock {
  const me = identify(process.pid) ?? { pid: process.pid, started: "" };
  for (let attempt = 0; attempt < 20; attempt++) {
    if (claim(file, me)) return { isHeld: () => isHeldBy(file, me), release: () => release(file, me) };
    const holder = readLock(file);
    if (holder !== undefined && isAlive(holder)) throw new Error(heldMessage(holder, homeDir));
    setAside(file, holder);
  }
  throw new Error(`The lock ${file} changes hands too often; is something else starting sandboxes in ${homeDir}?`);
}

/** Who holds the lock, if that process still lives. */
export function lockHolder(file: string): ProcessIdentity | undefined {
  const holder = readLock(file);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

function heldMessage({ pid }: ProcessIdentity, homeDir: string): string {
  return (
    `A sandbox is running from ${homeDir} already (process ${pid}).\n` +
    "Use it as it is, end it with `npx serin down`, or start another one with `--home DIR --port PORT`."
  );
}

/** The file appears whole or not at all, and only where there is none: a link of a finished file. */
function claim(file: string, me: ProcessIdentity): boolean {
  const draft = `${file}.${me.pid}`;
  writeFileSync(draft, JSON.stringify(me));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readLock(file: string): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, "utf8")) as Partial<ProcessIdentity>;
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a stale lock. Between reading and removing, another copy may have taken over: what was moved aside is looked
 * at again, and a living holder's lock is put back.
 */
function setAside(file: string, stale: ProcessIdentity | undefined): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readLock(aside);
  if (moved !== undefined && (moved.pid !== stale?.pid || moved.started !== stale.started) && isAlive(moved))
    linkSync(aside, file);
  rmSync(aside, { force: true });
}

function isHeldBy(file: string, me: ProcessIdentity): boolean {
  const holder = readLock(file);
  return holder?.pid === me.pid && holder.started === me.started;
}

function release(file: string, me: ProcessIdentity): void {
  if (isHeldBy(file, me)) rmSync(file, { force: true });
}
