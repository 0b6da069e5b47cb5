// What all commands that act on a rollout have in common: grammar, confirmation, the wait, the words at the end.

import type { Command } from "commander";
import { CANARY_ACTIONS } from "../core/kubernetes/resource.ts";
import { can } from "../core/rollout/can.ts";
import type { CanaryAction, Verb } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";
import { again } from "./again.ts";
import { askAction, awaitOutcome, type Outcome } from "./ask-action.ts";
import { canaryName, getCanary } from "./canaries.ts";
import { EXIT } from "./exit-codes.ts";
import { addCommonOptions, durationMs, outputOption } from "./options.ts";
import { previewAction } from "./preview-action.ts";
import { Problem } from "./problems.ts";
import type { Connected, Session } from "./session.ts";

export interface ActionOptions {
  reason?: string;
  timeout?: number;
  wait: boolean;
  yes?: boolean;
  dryRun?: string;
  output?: string;
}

export interface ActionKind {
  verb: Verb;
  /** Asked on a terminal before anything is written. */
  question?: (canary: Canary) => string;
  /** The command that takes it back, without the name; none when nothing does. */
  inverse?: string;
  acceptMs?: number;
  /** What to do when no controller answers. */
  whenSilent?: (session: Session, connection: Connected, canary: Canary) => Promise<number>;
}

/** They only ever hold traffic back, and what was read here may be old by now: the controller judges. */
const SENT_ALWAYS: readonly Verb[] = ["abort", "pause"];
const ACCEPT_MS = 10_000;
const FINISH_MS = 30_000;

export function addActionGrammar(command: Command): void {
  command
    .argument("<name>", "the Canary")
    .option("--reason <text>", "why; kept in the audit log")
    .option("--timeout <duration>", "longest wait for the action to be carried out (default: 30s)", durationMs)
    .option("--no-wait", "do not wait for the controller's answer", true)
    .option("--dry-run [mode]", "server: let the server check it and show what would change; nothing is written")
    .addOption(outputOption("json", "yaml", "name"));
  addCommonOptions(command);
}

export async function runAction(
  session: Session,
  reference: string,
  kind: ActionKind,
  options: ActionOptions,
): Promise<number> {
  const connection = await session.connect();
  const canary = await getCanary(connection, canaryName(reference));
  if (dryRunWanted(options)) return dryRun(session, connection, canary, kind, options);
  const permission = can(kind.verb, canary.status, canary.spec.strategy?.steps ?? []);
  if (!permission.allowed && !SENT_ALWAYS.includes(kind.verb))
    throw refused(canary.metadata.name, kind.verb, permission.because);
  if (
    permission.allowed &&
    kind.question !== undefined &&
    !(await confirmed(session, kind.question(canary), options.yes === true))
  ) {
    session.hint("Nothing was done.");
    return EXIT.failed;
  }
  const action = await askAction(connection, canary, asked(kind, options));
  if (!options.wait)
    return report(
      session,
      canary,
      kind,
      { action, outcome: { kind: "accepted", message: `${kind.verb} is asked for` } },
      options,
    );
  const patience = { acceptMs: kind.acceptMs ?? ACCEPT_MS, finishMs: options.timeout ?? FINISH_MS };
  const outcome = await awaitOutcome(session, connection, action, patience);
  if (outcome.kind === "silent" && kind.whenSilent !== undefined) return kind.whenSilent(session, connection, canary);
  return report(session, canary, kind, { action, outcome }, options);
}

function asked({ verb }: ActionKind, { reason }: ActionOptions): { verb: Verb; reason?: string } {
  return { verb, reason };
}

function dryRunWanted({ dryRun }: ActionOptions): boolean {
  const mode = dryRun as string | true | undefined;
  if (mode === undefined || mode === "none") return false;
  if (mode === true || mode === "server") return true;
  throw new Problem(
    `--dry-run=${mode} is not supported here`,
    EXIT.usage,
    "Write --dry-run=server: the server checks the action, nothing is written.",
  );
}

async function dryRun(
  session: Session,
  connection: Connected,
  canary: Canary,
  kind: ActionKind,
  options: ActionOptions,
): Promise<number> {
  const permission = can(kind.verb, canary.status, canary.spec.strategy?.steps ?? []);
  if (!permission.allowed) throw refused(canary.metadata.name, kind.verb, permission.because);
  const action = await askAction(connection, canary, { ...asked(kind, options), dryRun: true });
  if (options.output !== undefined) return printMachine(session, action, options.output);
  session.print(`canary "${canary.metadata.name}": ${kind.verb} would be asked for (server dry run)`);
  for (const line of await previewAction(session, connection, canary, kind.verb)) session.print(line);
  return EXIT.ok;
}

/** True without a terminal: scripts are never asked. */
async function confirmed({ world }: Session, question: string, yes: boolean): Promise<boolean> {
  if (yes || world.stdin.isTTY !== true || world.stderr.isTTY !== true) return true;
  world.stderr.write(`${question} [y/N] `);
  const answer = await world.stdin.line();
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

async function report(
  session: Session,
  canary: Canary,
  kind: ActionKind,
  { action, outcome }: { action: CanaryAction; outcome: Outcome },
  options: ActionOptions,
): Promise<number> {
  const { name } = canary.metadata;
  if (outcome.kind === "silent" || outcome.kind === "refused") throw failure(name, kind, outcome, action);
  if (options.output !== undefined) await printMachine(session, await asAnswered(session, action), options.output);
  else session.print(`canary "${name}": ${outcome.message}`);
  if (outcome.kind === "accepted")
    session.hint(`Still under way; to wait for the end: ${again(session, `status ${name} --watch`)}`);
  if (kind.inverse !== undefined)
    session.hint(`To take it back: ${again(session, kind.inverse.replace("NAME", name))}`);
  return EXIT.ok;
}

function failure(name: string, { verb }: ActionKind, outcome: Outcome, action: CanaryAction): Problem {
  if (outcome.kind === "refused") return refused(action.spec.canaryRef.name, verb, outcome.message);
  return new Problem(
    `no controller has taken up "${verb}" of canary "${name}" in time: is it running?`,
    EXIT.timedOut,
    `The request stays (canaryaction "${action.metadata.name}") and is carried out when a controller is there, if the rollout is still the same.`,
    `To withdraw it: kubectl delete canaryaction ${action.metadata.name} -n ${action.metadata.namespace}`,
  );
}

async function asAnswered(session: Session, { metadata }: CanaryAction): Promise<CanaryAction> {
  const { cluster } = await session.connect();
  return cluster.get<CanaryAction>(CANARY_ACTIONS, metadata);
}

async function printMachine(session: Session, action: CanaryAction, format: string): Promise<number> {
  const { machineText } = await import("./format/objects.ts");
  session.world.stdout.write((await machineText(format, { single: action })) ?? "");
  return EXIT.ok;
}

function refused(name: string, verb: Verb, because: string): Problem {
  return new Problem(`canary "${name}": ${verb} was refused: ${because}`, EXIT.failed);
}
