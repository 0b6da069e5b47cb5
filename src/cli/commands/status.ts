// serin status: one line and an exit code; with --watch it waits for the rollout's end, which makes it a gate for CI.

import { CANARIES } from "../../core/kubernetes/resource.ts";
import type { Phase } from "../../core/rollout/status.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { canaryName, getCanary } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import { changeLine } from "../format/change-line.ts";
import { machineText } from "../format/objects.ts";
import { phaseText } from "../format/phase.ts";
import { addCommonOptions, durationMs, outputOption } from "../options.ts";
import type { Session } from "../session.ts";

interface StatusOptions {
  watch?: boolean;
  timeout?: number;
  rollout?: string;
  output?: string;
}

export const define: Define = (command, act) => {
  command
    .argument("<name>", "the Canary")
    .option("-w, --watch", "wait until the rollout has ended")
    .option("--timeout <duration>", "with --watch: give up after this time, exit code 3 (default: never)", durationMs)
    .option("--rollout <id>", "wait for this rollout; another one means failure (default: the one of the current spec)")
    .addOption(outputOption("json", "yaml", "name", "jsonpath=TEMPLATE"))
    .addHelpText(
      "after",
      "\nWithout --watch: 0 while nothing is wrong, 1 when it was rolled back, undone or is stalled.\n" +
        "With --watch: 0 when the canary carries all traffic, 1 when it was rolled back or replaced, 3 when the time is over.\n" +
        "A rollout that waits for a person goes on waiting: give a --timeout.",
    );
  addCommonOptions(command);
  act(status);
};

const FAILED: readonly (Phase | undefined)[] = ["Aborting", "Aborted", "Undoing", "Undone", "Stalled"];

async function status(session: Session, [reference]: string[], options: StatusOptions): Promise<number> {
  const connection = await session.connect();
  const name = canaryName(reference!);
  const first = await getCanary(connection, name);
  if (options.watch !== true) {
    const replaced = options.rollout !== undefined && first.status?.rollout?.id !== options.rollout;
    await print(session, first, options);
    return replaced || FAILED.includes(first.status?.phase) ? EXIT.failed : EXIT.ok;
  }
  return waitForEnd(session, name, first, options);
}

type Verdict = { done: false } | { done: true; exitCode: number; why: string };

/** Pure: whether the wait is over. `pinned` is the rollout id that is waited for, once it is known. */
export function judge(canary: Canary | undefined, pinned: string | undefined): Verdict {
  if (canary === undefined) return { done: true, exitCode: EXIT.failed, why: "the Canary was deleted" };
  const { status, metadata } = canary;
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return { done: false };
  const id = status.rollout?.id;
  if (pinned !== undefined && id !== pinned)
    return { done: true, exitCode: EXIT.failed, why: `rollout ${pinned} was replaced by ${id ?? "none"}` };
  if (status.phase === "Completed") return { done: true, exitCode: EXIT.ok, why: status.message };
  // Aborting and Undoing end in Aborted and Undone; a stall can be cured, but not by waiting here.
  const ended = status.phase === "Aborted" || status.phase === "Undone" || status.phase === "Stalled";
  return ended ? { done: true, exitCode: EXIT.failed, why: status.message } : { done: false };
}

async function waitForEnd(session: Session, name: string, first: Canary, options: StatusOptions): Promise<number> {
  const { cluster, namespace } = await session.connect();
  let pinned = options.rollout;
  let last = "";
  let latest: Canary = first;
  const verdict = await follow<Canary, Verdict & { done: true }>(
    {
      cluster,
      resource: CANARIES,
      key: { namespace, name },
      clock: session.world.clock,
      signal: session.world.interrupted,
    },
    { timeoutMs: options.timeout },
    (canary) => {
      if (canary !== undefined) latest = canary;
      const observed =
        canary !== undefined && (canary.status?.observedGeneration ?? 0) >= (canary.metadata.generation ?? 0);
      const judged = judge(canary, pinned);
      if (observed) pinned ??= canary.status?.rollout?.id;
      if (canary !== undefined && options.output === undefined) {
        const { line, fingerprint } = changeLine(canary, session.world.clock.now());
        if (fingerprint !== last) session.hint(line);
        last = fingerprint;
      }
      return judged.done ? judged : undefined;
    },
  );
  if (session.world.interrupted.aborted) return EXIT.interrupted;
  await print(session, latest, options);
  if (verdict === undefined) {
    session.hint(`timed out: the rollout has not ended (${latest.status?.phase ?? "Pending"})`);
    return EXIT.timedOut;
  }
  if (verdict.exitCode !== EXIT.ok) session.hint(`failed: ${verdict.why}`);
  return verdict.exitCode;
}

async function print(session: Session, canary: Canary, { output }: StatusOptions): Promise<void> {
  const text = await machineText(output, { single: canary });
  if (text !== undefined) session.world.stdout.write(text);
  else {
    const phase = phaseText(canary.status?.phase, session.glyphs, session.paint);
    session.print(`${phase} - ${canary.status?.message ?? "no controller has looked at it yet"}`);
  }
}
