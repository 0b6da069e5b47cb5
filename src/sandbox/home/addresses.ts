// What a running sandbox can be reached by, kept in its home while it runs.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { lockHolder } from "./lock.ts";
import type { HomePaths } from "./paths.ts";

export interface Addresses {
  gatewayUrl: string;
  /** Absent: its port 443 is not open. */
  gatewayTlsUrl?: string;
  apiUrl: string;
  statsUrl?: string;
  kubeconfigFile: string;
}

/** Of the sandbox that runs from this home; undefined when none does, or not yet. */
export function readAddresses(paths: HomePaths): Addresses | undefined {
  if (lockHolder(paths.lock) === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(paths.addresses, "utf8")) as Addresses;
  } catch {
    return undefined;
  }
}

/** Whole or not at all: its appearance tells other processes that the sandbox is up. */
export function writeAddresses(paths: HomePaths, addresses: Addresses): void {
  const draft = `${paths.addresses}.draft`;
  writeFileSync(draft, JSON.stringify(addresses));
  renameSync(draft, paths.addresses);
}

export function removeAddresses(paths: HomePaths): void {
  rmSync(paths.addresses, { force: true });
}
