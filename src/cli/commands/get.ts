// serin get: Canaries or actions as a table; one Canary as a tree; everything machine-readable as kubectl has it.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { CANARY_ACTIONS } from "../../core/kubernetes/resource.ts";
import type { CanaryAction } from "../../core/spec/action.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { didYouMean } from "../../core/spec/did-you-mean.ts";
import { canaryName, getCanary, listWithVersion } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { canaryTable, type TableOptions } from "../format/canary-table.ts";
import { type MachineOptions, machineText, OBJECT_FORMATS, type Printable } from "../format/objects.ts";
import { addCommonOptions, outputOption } from "../options.ts";
import { Problem, usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";
import { printTable as printActions } from "../show-actions.ts";
import { followLive, treeOnce } from "../show-tree.ts";

interface GetOptions {
  output?: string;
  watch?: boolean;
  selector?: string;
  headers: boolean;
  showLabels?: boolean;
  showManagedFields?: boolean;
}

type Kind = "canaries" | "actions";

export const define: Define = (command, act) => {
  command
    .argument("[type/name...]", 'names, or a type ("canaries", "actions") and names; without any: all Canaries')
    .addOption(outputOption(...OBJECT_FORMATS, "tree"))
    .option("-w, --watch", "follow live (one Canary)")
    .option("-l, --selector <query>", "only objects with these labels, such as app=echo")
    .option("--no-headers", "leave the head line out", true)
    .option("--show-labels", "labels as the last column")
    .option("--show-managed-fields", "who owns which field, in json and yaml");
  addCommonOptions(command);
  act(get);
};

async function get(session: Session, args: string[], options: GetOptions): Promise<number> {
  const { kind, names } = parseTarget(args);
  if (options.watch === true) return follow(session, kind, names, options);
  if (kind === "actions") return getActions(session, names, options);
  const wantsTree = options.output === "tree" || (options.output === undefined && names.length === 1);
  if (wantsTree) return treeOnce(session, one(names));
  const found = await fetchCanaries(session, names, options);
  const text = await machineText(options.output, found.printable, machineOptions(options));
  if (text !== undefined) session.world.stdout.write(text);
  else printCanaries(session, found.canaries, options);
  return EXIT.ok;
}

function machineOptions({ headers, showManagedFields }: GetOptions): MachineOptions {
  return { headers, managedFields: showManagedFields };
}

function parseTarget(args: string[]): { kind: Kind; names: string[] } {
  const [first = "", ...rest] = args;
  const kind = kindOf(first);
  if (kind === undefined) return { kind: "canaries", names: args.map(canaryName) };
  return { kind, names: kind === "canaries" ? rest.map(canaryName) : rest };
}

function kindOf(word: string): Kind | undefined {
  const lower = word.toLowerCase();
  if (["canary", "canaries", "srn", "canaries.serin.dev"].includes(lower)) return "canaries";
  if (["action", "actions", "canaryaction", "canaryactions", "canaryactions.serin.dev"].includes(lower))
    return "actions";
  return undefined;
}

function one(names: string[]): string {
  if (names.length !== 1) throw usageProblem("the tree shows one Canary: name it", "serin get NAME");
  return names[0]!;
}

async function follow(session: Session, kind: Kind, names: string[], options: GetOptions): Promise<number> {
  const drawn = options.output === undefined || options.output === "tree";
  if (kind === "actions" || !drawn)
    throw usageProblem(
      "--watch follows one Canary as a tree",
      "For other formats: kubectl get canaries.serin.dev -w -o …",
    );
  return followLive(session, one(names));
}

async function fetchCanaries(
  session: Session,
  names: string[],
  options: GetOptions,
): Promise<{ canaries: Canary[]; printable: Printable }> {
  const connection = await session.connect();
  if (names.length === 0) {
    const list = await listWithVersion(connection, options.selector);
    return { canaries: list.items, printable: list };
  }
  if (connection.scope === undefined)
    throw usageProblem("a name and --all-namespaces do not go together", "Use -n NAMESPACE.");
  const canaries = await Promise.all(names.map((name) => getCanary(connection, name)));
  return { canaries, printable: canaries.length === 1 ? { single: canaries[0]! } : { items: canaries } };
}

function printCanaries(session: Session, canaries: Canary[], options: GetOptions): void {
  if (canaries.length === 0) return sayNone(session, options);
  for (const line of canaryTable(canaries, tableOptions(session, options))) session.print(line);
}

function sayNone(session: Session, { selector }: GetOptions): void {
  const where =
    session.options.allNamespaces === true ? "" : ` in namespace "${session.options.namespace ?? "default"}"`;
  session.hint(`No Canaries${selector === undefined ? "" : ` with ${selector}`}${where}.`);
}

function tableOptions({ world, paint, glyphs, options }: Session, get: GetOptions): TableOptions {
  return {
    nowMs: world.clock.now(),
    paint,
    glyphs,
    wide: get.output === "wide",
    withNamespace: options.allNamespaces === true,
    headers: get.headers,
    showLabels: get.showLabels === true,
  };
}

async function getActions(session: Session, names: string[], options: GetOptions): Promise<number> {
  const { cluster, scope } = await session.connect();
  const list = await cluster.list<CanaryAction>(CANARY_ACTIONS, {
    namespace: scope,
    labelSelector: options.selector,
  });
  const wanted = names.map((name) => pick(list.items, name));
  const printable: Printable =
    wanted.length === 1 ? { single: wanted[0]! } : { ...list, items: names.length > 0 ? wanted : list.items };
  const text = await machineText(options.output, printable, machineOptions(options));
  if (text !== undefined) session.world.stdout.write(text);
  else
    printActions(
      session,
      "single" in printable ? [printable.single as CanaryAction] : (printable.items as CanaryAction[]),
      tableOptions(session, options),
    );
  return EXIT.ok;
}

function pick<T extends KubeObject>(items: T[], name: string): T {
  const found = items.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  const near = didYouMean(
    name,
    items.map(({ metadata }) => metadata.name),
  );
  throw new Problem(
    `canaryaction "${name}" not found`,
    EXIT.notFound,
    ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
  );
}
