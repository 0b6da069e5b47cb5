// The list of commands: name, summary, where it stands in the help, and the file to load when it is called.

import type { CommandEntry } from "./command.ts";

const LOOK = "Look:";
const ACT = "Act on a rollout:";
const FILES = "Files and routes:";
const SANDBOX = "Sandbox:";
const OTHER = "Other:";

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "get",
    alias: "list",
    summary: "list Canaries or their actions, or show one",
    group: LOOK,
    handlesInterrupt: true,
    load: () => import("./commands/get.ts"),
  },
  {
    name: "status",
    summary: "say how a rollout stands; with --watch wait for its end (a gate for CI)",
    group: LOOK,
    load: () => import("./commands/status.ts"),
  },
  {
    name: "watch",
    summary: "follow a rollout live",
    group: LOOK,
    handlesInterrupt: true,
    load: () => import("./commands/watch.ts"),
  },
  {
    name: "promote",
    summary: "go on from a pause or to the next step; with --full to the end",
    group: ACT,
    load: () => import("./commands/promote.ts"),
  },
  {
    name: "abort",
    summary: "send all traffic back to stable, at once",
    group: ACT,
    load: () => import("./commands/abort.ts"),
  },
  {
    name: "apply",
    summary: "apply files to the cluster (server-side)",
    group: FILES,
    load: () => import("./commands/apply.ts"),
  },
];

void SANDBOX;
void OTHER;
