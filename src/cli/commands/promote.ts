// serin promote: on from a pause or to the next step; --full to the end at once; --step N only from that step.

import { Option } from "commander";
import type { Canary } from "../../core/spec/canary.ts";
import { type ActionKind, type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import { canaryName, getCanary } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { wholeNumber } from "../options.ts";
import { Problem, usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";

interface PromoteOptions extends ActionOptions {
  full?: boolean;
  step?: number;
}

export const define: Define = (command, act) => {
  addActionGrammar(command);
  command
    .option("--full", "to 100 % at once, past all steps that are left; asks on a terminal")
    .addOption(
      new Option(
        "--step <number>",
        "only when the rollout is at this step (counted from 1, as get shows it)",
      ).argParser(wholeNumber),
    )
    .option("-y, --yes", "do not ask");
  act(promote);
};

async function promote(session: Session, [reference]: string[], options: PromoteOptions): Promise<number> {
  if (options.full === true && options.step !== undefined) throw usageProblem("--full and --step do not go together");
  if (options.step !== undefined) await checkStep(session, reference!, options.step);
  return runAction(session, reference!, options.full === true ? FULL : NEXT, options);
}

const NEXT: ActionKind = { verb: "promote", inverse: "abort NAME" };

const FULL: ActionKind = { verb: "promoteFull", inverse: "abort NAME", question };

function question({ metadata, status, spec }: Canary): string {
  const canary = status?.rollout?.canary ?? spec.versions.canary;
  return `Give ${canary} all traffic of canary "${metadata.name}" at once, past the steps that are left?`;
}

async function checkStep(session: Session, reference: string, wanted: number): Promise<void> {
  const canary = await getCanary(await session.connect(), canaryName(reference));
  const current = (canary.status?.rollout?.step ?? -1) + 1;
  if (current === wanted) return;
  throw new Problem(
    `canary "${canary.metadata.name}" is at ${current === 0 ? "no step" : `step ${current}`}, not at step ${wanted}: nothing was done`,
    EXIT.failed,
  );
}
