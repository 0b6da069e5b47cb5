// Where the sandbox keeps what it keeps: everything under one folder, `.serin` unless told otherwise.

import { join, resolve } from "node:path";

export interface HomePaths {
  dir: string;
  /** Tells that this folder is a sandbox home, so that `reset` deletes nothing else. */
  marker: string;
  lock: string;
  /** What a running sandbox can be reached by; written once the gateway answers. */
  addresses: string;
  /** The API port of the last start, tried again at the next. */
  apiPort: string;
  kubeconfig: string;
  data: string;
  log: string;
  /** The gateway's, in Istio's default format. */
  accessLog: string;
  /** What a detached start prints before its log is open. */
  startLog: string;
  report: string;
  story: string;
  statsPort: string;
}

export function homePaths(homeDir: string): HomePaths {
  const dir = resolve(homeDir);
  return {
    dir,
    marker: join(dir, ".serin-home"),
    lock: join(dir, "lock"),
    addresses: join(dir, "addresses.json"),
    apiPort: join(dir, "api-port"),
    kubeconfig: join(dir, "kubeconfig"),
    data: join(dir, "state.db"),
    log: join(dir, "log", "serin.log"),
    accessLog: join(dir, "log", "access.log"),
    startLog: join(dir, "log", "start.log"),
    report: join(dir, "report"),
    story: join(dir, "story.json"),
    statsPort: join(dir, "stats-port"),
  };
}
