// Removes what a run made on a cluster, when the run ends: by itself, by an error, by Ctrl-C, by kill -9. It is a process and a session of
// its own, and knows of the end because its standard input ends then.
//   node caretaker.ts RUN KUBECTL [KUBECTL_ARGUMENT...]

import { spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { RUN_LABEL, STRAY_RESOURCES, SYSTEM } from "./own-names.ts";

const [run, program, ...args] = process.argv.slice(2);
// Ctrl-C and the end of a terminal are for the suite; what is to be done comes after it.
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(signal, () => {});

await text(process.stdin);
const failures = [
  ...STRAY_RESOURCES.map((resource) => remove(resource, `--namespace=${SYSTEM}`)),
  remove("namespaces", "--wait=true"),
].filter((failure) => failure !== undefined);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

function remove(...what: string[]): string | undefined {
  const command = [...args, "delete", ...what, `--selector=${RUN_LABEL}=${run}`, "--ignore-not-found"];
  const { status, stderr } = spawnSync(program!, command, { encoding: "utf8", timeout: 300_000 });
  // A cluster without Gateway API has nothing of its kinds.
  if (status === 0 || stderr.includes("the server doesn't have a resource type")) return undefined;
  return `this failed, please run it yourself: kubectl ${command.join(" ")}\n${stderr}`;
}
