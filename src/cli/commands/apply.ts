// serin apply: server-side apply of files, with a word for what happened to each object.

import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import { type ClusterError, isClusterError } from "../../ports/cluster.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { resourceName } from "../format/objects.ts";
import { liveOf, placed } from "../live.ts";
import type { SourceObject } from "../manifest/objects.ts";
import { readObjects } from "../manifest/read-objects.ts";
import { addCommonOptions, collect, outputOption } from "../options.ts";
import { describe, Problem, usageProblem } from "../problems.ts";
import { resourceFor } from "../resource-for.ts";
import { serverApply } from "../server-apply.ts";
import type { Connected, Session } from "../session.ts";

interface ApplyOptions {
  filename?: string[];
  recursive?: boolean;
  dryRun?: string | true;
  fieldManager: string;
  forceConflicts?: boolean;
  output?: string;
}

export const define: Define = (command, act) => {
  command
    .option("-f, --filename <file>", "file, directory or - for standard input; repeatable", collect)
    .option("-R, --recursive", "folders below a directory too")
    .option("--dry-run [mode]", "server: the server checks and completes everything, nothing is stored")
    .option("--field-manager <name>", "owner of the fields that are written", "serin-apply")
    .option("--force-conflicts", "take fields over from other owners")
    .addOption(outputOption("json", "yaml", "name"))
    .addHelpText(
      "after",
      "\nEvery file is read before the first object is written; a file with an error changes nothing.",
    );
  addCommonOptions(command);
  act(apply);
};

/** The others are still applied after it. */
function isOfObject(error: unknown): error is ClusterError | Problem {
  return error instanceof Problem || (isClusterError(error) && error.reason !== "Unreachable");
}

type Change = "created" | "configured" | "unchanged";

async function apply(session: Session, _args: string[], options: ApplyOptions): Promise<number> {
  if (options.filename === undefined)
    throw usageProblem("nothing to apply: name files with -f", "serin apply -f FILE|DIR|-");
  const dryRun = dryRunOf(options);
  const objects = await readObjects(session, options.filename, options.recursive === true);
  if (objects === undefined) return EXIT.failed;
  const connection = await session.connect();
  const applied: KubeObject[] = [];
  let failures = 0;
  for (const source of objects) {
    try {
      const { object, change, from } = await applyOne(connection, source, { ...options, dryRun });
      applied.push(object);
      if (options.output === undefined)
        session.print(`${resourceName(object)} ${change}${dryRun ? " (server dry run)" : ""}`);
      if (from.length > 0 && change !== "unchanged")
        session.hint(`${resourceName(object)}: took over fields that ${from.join(", ")} had written`);
    } catch (error) {
      if (!isOfObject(error)) throw error;
      failures++;
      session.world.stderr.write(`${describeFailure(source, error, session.options.verbose === true)}\n`);
    }
  }
  if (options.output !== undefined) await printMachine(session, applied, options.output);
  return failures === 0 ? EXIT.ok : EXIT.failed;
}

function dryRunOf({ dryRun }: ApplyOptions): boolean {
  if (dryRun === undefined || dryRun === "none") return false;
  if (dryRun === true || dryRun === "server") return true;
  throw usageProblem(
    `--dry-run=${dryRun} is not supported`,
    "Write --dry-run=server. To check files without a cluster: serin lint FILE",
  );
}

async function applyOne(
  connection: Connected,
  { object: wanted }: SourceObject,
  { fieldManager, forceConflicts, dryRun }: Omit<ApplyOptions, "dryRun"> & { dryRun: boolean },
): Promise<{ object: KubeObject; change: Change; from: string[] }> {
  const resource = await resourceFor(connection, wanted);
  const named = placed(connection, resource, wanted);
  const before = await liveOf(connection, resource, named);
  const options = { fieldManager, fieldValidation: "Strict" as const, force: forceConflicts, dryRun };
  const { object, from } = await serverApply(connection.cluster, resource, named, options);
  return {
    object,
    from,
    change: before === undefined ? "created" : sameContent(before, object) ? "unchanged" : "configured",
  };
}

/** A first apply writes managedFields and nothing else: that is no change for people. */
function sameContent(before: KubeObject, after: KubeObject): boolean {
  return (
    before.metadata.resourceVersion === after.metadata.resourceVersion ||
    isDeepStrictEqual(content(before), content(after))
  );
}

function content(object: KubeObject): unknown {
  const { managedFields, resourceVersion, generation, ...metadata } = object.metadata;
  void [managedFields, resourceVersion, generation];
  return { ...object, status: undefined, metadata };
}

function describeFailure(
  { file, place, object }: SourceObject,
  error: ClusterError | Problem,
  verbose: boolean,
): string {
  const { text } = describe(error, { verbose });
  return `${file}:${place.line}: ${resourceName(object)}\n${text}${cureOf(error, object)}`;
}

function cureOf(error: ClusterError | Problem, { kind, apiVersion }: KubeObject): string {
  if (error instanceof Problem) return "";
  if (error.reason === "Conflict") return "\n  To take these fields over: --force-conflicts";
  if (error.reason !== "NotFound" || !error.message.includes("requested resource")) return "";
  return `\n  The kind ${kind} of ${apiVersion} is not there: install what brings it (a CustomResourceDefinition).`;
}

async function printMachine(session: Session, objects: KubeObject[], format: string): Promise<void> {
  const { machineText } = await import("../format/objects.ts");
  const what = objects.length === 1 ? { single: objects[0]! } : { items: objects };
  session.world.stdout.write((await machineText(format, what)) ?? "");
}
