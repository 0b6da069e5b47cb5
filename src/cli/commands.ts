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
    name: "history",
    summary: "show the rollouts of a Canary and what people asked of them",
    group: LOOK,
    load: () => import("./commands/history.ts"),
  },
  {
    name: "events",
    summary: "show what was said about Canaries",
    group: LOOK,
    handlesInterrupt: true,
    load: () => import("./commands/events.ts"),
  },
  {
    name: "logs",
    summary: "show the logs of the pods of both versions",
    group: LOOK,
    handlesInterrupt: true,
    load: () => import("./commands/logs.ts"),
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
    name: "pause",
    summary: "hold a rollout where it is",
    group: ACT,
    load: () => import("./commands/pause.ts"),
  },
  {
    name: "resume",
    summary: "go on with a held rollout",
    group: ACT,
    load: () => import("./commands/resume.ts"),
  },
  {
    name: "skip",
    summary: "skip the pause that a rollout is at",
    group: ACT,
    load: () => import("./commands/skip.ts"),
  },
  {
    name: "retry",
    summary: "try an aborted or undone rollout once more",
    group: ACT,
    load: () => import("./commands/retry.ts"),
  },
  {
    name: "undo",
    summary: "go back to the version before, after completion",
    group: ACT,
    load: () => import("./commands/undo.ts"),
  },
  {
    name: "apply",
    summary: "apply files to the cluster (server-side)",
    group: FILES,
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "diff",
    summary: "show what files or the coming steps would change, route by route",
    group: FILES,
    load: () => import("./commands/diff.ts"),
  },
  {
    name: "lint",
    summary: "check files without a cluster",
    group: FILES,
    load: () => import("./commands/lint.ts"),
  },
  {
    name: "explain-route",
    summary: "say why a request goes where it goes",
    group: FILES,
    load: () => import("./commands/explain-route.ts"),
  },
  {
    name: "up",
    summary: "start the sandbox",
    group: SANDBOX,
    handlesInterrupt: true,
    load: () => import("./commands/up.ts"),
  },
  {
    name: "down",
    summary: "stop the sandbox",
    group: SANDBOX,
    load: () => import("./commands/down.ts"),
  },
  {
    name: "reset",
    summary: "stop the sandbox and delete all that it keeps",
    group: SANDBOX,
    load: () => import("./commands/reset.ts"),
  },
  {
    name: "demo",
    summary: "play the story in three acts in a sandbox",
    group: SANDBOX,
    handlesInterrupt: true,
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "load",
    summary: "send traffic and count the answers by version",
    group: SANDBOX,
    handlesInterrupt: true,
    load: () => import("./commands/load.ts"),
  },
  {
    name: "completion",
    summary: "print the script by which a shell completes this command",
    group: OTHER,
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "version",
    summary: "show the versions of this program and of the server",
    group: OTHER,
    load: () => import("./commands/version.ts"),
  },
];
