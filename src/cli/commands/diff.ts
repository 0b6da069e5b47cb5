// serin diff: what files would change, and the exact route change of each step, before anything moves.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { CANARIES } from "../../core/kubernetes/resource.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { canaryName, getCanary } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { routeDiffLines } from "../format/route-diff.ts";
import { liveOf, placed } from "../live.ts";
import { readObjects } from "../manifest/read-objects.ts";
import { addCommonOptions, collect, outputOption } from "../options.ts";
import { planOf, type StepChange } from "../plan-steps.ts";
import { describe, Problem, usageProblem } from "../problems.ts";
import { resourceFor } from "../resource-for.ts";
import { serverApply } from "../server-apply.ts";
import type { Connected, Session } from "../session.ts";

interface DiffOptions {
  filename?: string[];
  recursive?: boolean;
  fieldManager: string;
  forceConflicts?: boolean;
  output?: string;
}

/** As kubectl and diff have it: 1 means different, so errors need another number. */
const ERROR = 2;

export const define: Define = (command, act) => {
  command
    .argument("[name]", "a Canary of the cluster: the steps that are left of its rollout")
    .option("-f, --filename <file>", "file, directory or - for standard input; repeatable", collect)
    .option("-R, --recursive", "folders below a directory too")
    .option("--field-manager <name>", "as whom the fields would be written", "serin-apply")
    .option("--force-conflicts", "as if taking fields over from other owners")
    .addOption(outputOption("json"))
    .addHelpText("after", "\nHere 0 means no difference, 1 differences, 2 and more errors.");
  addCommonOptions(command);
  act(diff);
};

interface Found {
  /** What applying the files would change. */
  objects: { before: KubeObject | undefined; after: KubeObject }[];
  plans: { canary: string; steps: StepChange[] }[];
}

async function diff(session: Session, args: string[], options: DiffOptions): Promise<number> {
  try {
    const found = args[0] === undefined ? await ofFiles(session, options) : await ofCanary(session, args[0]);
    return print(session, found, options);
  } catch (error) {
    const { exitCode } = describe(error, { verbose: false });
    if (exitCode !== EXIT.failed) throw error;
    const hints = error instanceof Problem ? error.hints : [];
    throw new Problem((error as Error).message, ERROR, ...hints);
  }
}

async function ofCanary(session: Session, reference: string): Promise<Found> {
  const connection = await session.connect();
  const canary = await getCanary(connection, canaryName(reference));
  return { objects: [], plans: [await planFor(session, connection, canary)] };
}

async function ofFiles(session: Session, options: DiffOptions): Promise<Found> {
  if (options.filename === undefined)
    throw usageProblem(
      "nothing to compare: name a Canary, or files with -f",
      "serin diff NAME | serin diff -f FILE|DIR|-",
    );
  const sources = await readObjects(session, options.filename, options.recursive === true);
  if (sources === undefined) throw new Problem("the files have errors", ERROR);
  const connection = await session.connect();
  const found: Found = { objects: [], plans: [] };
  for (const { object } of sources) {
    const resource = await resourceFor(connection, object);
    const named = placed(connection, resource, object);
    const before = await liveOf(connection, resource, named);
    const { fieldManager, forceConflicts } = options;
    const as = { fieldManager, force: forceConflicts, fieldValidation: "Strict" as const, dryRun: true };
    const { object: after } = await serverApply(connection.cluster, resource, named, as);
    found.objects.push({ before, after });
    if (resource.kind === CANARIES.kind && resource.group === CANARIES.group)
      found.plans.push(await planFor(session, connection, after as Canary));
  }
  return found;
}

async function planFor(session: Session, connection: Connected, canary: Canary): Promise<Found["plans"][number]> {
  const router = await session.world.router(connection.cluster);
  return {
    canary: canary.metadata.name,
    steps: await planOf(router, canary, canary.metadata.namespace ?? connection.namespace),
  };
}

function print(session: Session, { objects, plans }: Found, { output }: DiffOptions): number {
  const objectLines = objects.map(({ before, after }) => routeDiffLines(changeOf(before, after), session.paint));
  const stepLines = plans.map(({ canary, steps }) => steps.flatMap((step) => linesOf(session, canary, step)));
  const differs =
    objectLines.some((lines) => lines.length > 0) ||
    plans.some(({ steps }) => steps.some(({ changes }) => changes.length > 0));
  if (output === "json") session.print(JSON.stringify(document({ objects, plans }), null, 2));
  else if (output !== undefined) throw usageProblem(`unknown output format "${output}"`, "Formats: json");
  else for (const line of [...objectLines, ...stepLines].flat()) session.print(line);
  if (!differs) session.hint("No differences.");
  return differs ? EXIT.failed : EXIT.ok;
}

function changeOf(before: KubeObject | undefined, after: KubeObject) {
  return { kind: after.kind, namespace: after.metadata.namespace ?? "", name: after.metadata.name, before, after };
}

function linesOf(session: Session, canary: string, { title, note, changes }: StepChange): string[] {
  const head = session.paint("bold", `# canary/${canary} ${title}${note === undefined ? "" : `: ${note}`}`);
  return [head, ...changes.flatMap((change) => routeDiffLines(change, session.paint))];
}

function document({ objects, plans }: Found): unknown {
  return {
    apiVersion: "cli.serin.dev/v1",
    kind: "Diff",
    objects: objects.map(({ before, after }) => ({ before: before ?? null, after })),
    plans: plans.map(({ canary, steps }) => ({
      canary,
      steps: steps.map(({ title, note, changes }) => ({
        title,
        note,
        changes: changes.map(({ kind, namespace, name, operations }) => ({ kind, namespace, name, operations })),
      })),
    })),
  };
}
