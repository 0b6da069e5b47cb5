#!/usr/bin/env node
// The command `serin`. In a clone it starts the TypeScript sources on the pinned Node, whatever Node the system has.

import { spawn } from "node:child_process";
import * as nodeModule from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled, requireNode, root } from "../scripts/runtime.mjs";

const main = join(root, "src", "main.ts");
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

ensureInstalled("run");
const node = requireNode();
// Compiled code is kept from the first line on: without it each start strips types anew, which takes longer than the rest.
process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules", ".cache", "compile");
if (node === process.execPath) nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
process.env.SERIN_INVOKED_AS ??= basename(process.argv[1] ?? "serin");
if (node === process.execPath) await import(pathToFileURL(main).href);
else runOn(node);

/**
 * Passes signals and the exit code through. The IPC channel tells the child when this process is killed; the child
 * itself looks after npm and the shell above us (src/wiring/ending.ts).
 */
function runOn(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, SERIN_LAUNCHER: "1" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${node} does not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + (SIGNAL_NUMBERS[signal] ?? 0)));
}
