// serin history: the rollouts of a Canary and what people asked of them, in order.

import { CANARY_ACTIONS } from "../../core/kubernetes/resource.ts";
import type { CanaryAction } from "../../core/spec/action.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { canaryName, getCanary } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { ageOf } from "../format/age.ts";
import { yamlText } from "../format/objects.ts";
import { tableLines } from "../format/table.ts";
import { addCommonOptions, outputOption } from "../options.ts";
import { usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";

export const define: Define = (command, act) => {
  command
    .argument("<name>", "the Canary")
    .addOption(outputOption("json", "yaml"))
    .addHelpText(
      "after",
      "\nKept are the present rollout, the versions that were taken back, and the newest 50 actions.",
    );
  addCommonOptions(command);
  act(history);
};

/** Documented in docs/reference/cli.md: names only get added. */
interface HistoryEntry {
  at: string;
  what: string;
  rollout?: string;
  by?: string;
  result: string;
  message: string;
  reason?: string;
}

async function history(session: Session, [reference]: string[], options: { output?: string }): Promise<number> {
  const connection = await session.connect();
  const canary = await getCanary(connection, canaryName(reference!));
  const { items } = await connection.cluster.list<CanaryAction>(CANARY_ACTIONS, { namespace: connection.namespace });
  const actions = items.filter(({ spec }) => spec.canaryRef.name === canary.metadata.name);
  const entries = entriesOf(canary, actions);
  const document = { apiVersion: "cli.serin.dev/v1", kind: "History", canary: canary.metadata.name, items: entries };
  if (options.output === "json") session.print(JSON.stringify(document, null, 2));
  else if (options.output === "yaml") session.print((await yamlText(document)).trimEnd());
  else if (options.output !== undefined)
    throw usageProblem(`unknown output format "${options.output}"`, "Formats: json, yaml");
  else printTable(session, entries);
  return EXIT.ok;
}

/** Pure: oldest first. */
export function entriesOf(canary: Canary, actions: CanaryAction[]): HistoryEntry[] {
  return [...rolloutEntries(canary), ...actions.map(actionEntry)].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function rolloutEntries({ status }: Canary): HistoryEntry[] {
  const rollout = status?.rollout;
  const rejected = (status?.rejected ?? [])
    .filter(({ id, attempt }) => id !== rollout?.id || attempt !== rollout.attempt)
    .map(({ id, reason, message, at }): HistoryEntry => ({ at, what: "ended", rollout: id, result: reason, message }));
  if (status === undefined || rollout === undefined) return rejected;
  const { id, stable, canary, startedAt, endedAt, endReason, endMessage } = rollout;
  const start: HistoryEntry = {
    at: startedAt,
    what: "started",
    rollout: id,
    result: "",
    message: `${stable} -> ${canary}`,
  };
  if (endedAt === undefined) return [...rejected, start];
  return [
    ...rejected,
    start,
    {
      at: endedAt,
      what: "ended",
      rollout: id,
      result: endReason ?? status.phase,
      message: endMessage ?? status.message,
    },
  ];
}

function actionEntry({ metadata, spec, status }: CanaryAction): HistoryEntry {
  return {
    // When it was taken up: creation is kept to the second only, which scrambles what was asked in one second.
    at: status?.at ?? metadata.creationTimestamp ?? "1970-01-01T00:00:00Z",
    what: spec.verb,
    rollout: spec.rollout,
    by: spec.by,
    result: status?.state ?? "Waiting",
    message: status?.message ?? "",
    reason: spec.reason,
  };
}

function printTable(session: Session, entries: HistoryEntry[]): void {
  if (entries.length === 0) return session.hint("Nothing has happened yet.");
  const now = session.world.clock.now();
  const rows = entries.map(({ at, what, rollout, by, result, message, reason }) => {
    const text = reason === undefined ? message : `${message} (reason: ${reason})`;
    return [ageOf(at, now), what, rollout ?? "-", by ?? "-", result === "" ? "-" : result, text];
  });
  for (const line of tableLines(["AGE", "WHAT", "ROLLOUT", "BY", "RESULT", "MESSAGE"], rows)) session.print(line);
}
