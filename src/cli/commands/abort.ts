// serin abort: all traffic back to stable. Never asks. When no controller takes it up within 2 s it says so and offers
// --direct, which writes the route itself with the user's own rights.

import type { Canary } from "../../core/spec/canary.ts";
import type { TrafficTarget } from "../../core/traffic/split.ts";
import { isClusterError } from "../../ports/cluster.ts";
import { type ActionKind, type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import { again } from "../again.ts";
import { canaryName, getCanary } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { Problem } from "../problems.ts";
import { versionsOf } from "../rollout-view.ts";
import type { Connected, Session } from "../session.ts";

interface AbortOptions extends ActionOptions {
  direct?: boolean;
}

const SILENT_AFTER_MS = 2_000;
const DIRECT_ATTEMPTS = 5;

export const define: Define = (command, act) => {
  addActionGrammar(command);
  command.option("--direct", "write the route itself, with your own rights, without a controller");
  act(abort);
};

const ABORT: ActionKind = {
  verb: "abort",
  inverse: "retry NAME",
  acceptMs: SILENT_AFTER_MS,
  whenSilent: async (session, _, { metadata }) => {
    throw new Problem(
      `the controller has not taken up the abort of canary "${metadata.name}" within 2 s: traffic has NOT moved yet`,
      EXIT.timedOut,
      `To write the route yourself, now: ${again(session, `abort ${metadata.name} --direct`)}`,
      "The request stays and is carried out when the controller is there again.",
    );
  },
};

async function abort(session: Session, [reference]: string[], options: AbortOptions): Promise<number> {
  if (options.direct !== true) return runAction(session, reference!, ABORT, options);
  const connection = await session.connect();
  const canary = await getCanary(connection, canaryName(reference!));
  return direct(session, connection, canary);
}

async function direct(session: Session, connection: Connected, canary: Canary): Promise<number> {
  const router = await session.world.router(connection.cluster);
  const target = await targetOf(session, connection, canary);
  for (let attempt = 1; ; attempt++) {
    const reading = await router.read(target);
    try {
      await router.write(target, reading, 0);
      break;
    } catch (error) {
      // Somebody wrote between reading and writing: read again.
      if (attempt === DIRECT_ATTEMPTS || !isClusterError(error, "Conflict", "Invalid")) throw error;
    }
  }
  const names = [...new Set(target.routes.map(({ virtualService }) => virtualService))].join(", ");
  session.print(
    `canary "${canary.metadata.name}": all traffic of VirtualService ${names} goes to ${versionsOf(canary).stable} (written directly)`,
  );
  session.hint("A controller that comes back keeps this and counts the rollout as aborted.");
  return EXIT.ok;
}

/** As pinned at the start of the rollout, else found anew. */
async function targetOf(session: Session, connection: Connected, canary: Canary): Promise<TrafficTarget> {
  if (canary.status?.traffic !== undefined) return canary.status.traffic;
  const router = await session.world.router(connection.cluster);
  const { traffic } = canary.spec;
  const query = { namespace: connection.namespace, ...versionsOf(canary), traffic };
  const resolution = await router.resolve(query);
  if (resolution.ok) return resolution.target;
  throw new Problem(`canary "${canary.metadata.name}": ${resolution.message} (${resolution.reason})`, EXIT.failed);
}
