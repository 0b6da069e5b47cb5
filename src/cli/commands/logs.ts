// serin logs: of the pods of both versions, each line with its pod's name before it.

import { DEPLOYMENTS } from "../../core/kubernetes/resource.ts";
import type { LabelSelector } from "../../core/kubernetes/selector.ts";
import type { Deployment } from "../../core/kubernetes/workload.ts";
import { isClusterError } from "../../ports/cluster.ts";
import type { PodLogOptions } from "../../ports/pod-logs.ts";
import { canaryName, getCanary } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { type LogSource, mergePodLogs } from "../merge-pod-logs.ts";
import { addCommonOptions, durationMs, wholeNumber } from "../options.ts";
import { Problem, usageProblem } from "../problems.ts";
import { versionsOf } from "../rollout-view.ts";
import type { Connected, Session } from "../session.ts";

interface LogsOptions {
  follow?: boolean;
  tail?: number;
  since?: number;
  previous?: boolean;
  timestamps?: boolean;
  version?: string;
  prefix: boolean;
}

export const define: Define = (command, act) => {
  command
    .argument("<name>", "the Canary")
    .option("-f, --follow", "go on with new lines and new pods")
    .option("--tail <lines>", "only the last lines of each pod", wholeNumber)
    .option("--since <duration>", "only lines younger than this", durationMs)
    .option("-p, --previous", "of the run before the last restart")
    .option("--timestamps", "with the time of each line")
    .option("--version <role>", "only of one version: stable or canary")
    .option("--no-prefix", "without the pod's name before each line", true);
  addCommonOptions(command);
  act(logs);
};

async function logs(session: Session, [reference]: string[], options: LogsOptions): Promise<number> {
  const connection = await session.connect();
  const canary = await getCanary(connection, canaryName(reference!));
  const { stable, canary: next } = versionsOf(canary);
  const roles = [
    { role: "stable", name: stable },
    { role: "canary", name: next },
  ].filter(({ role }) => wants(options.version, role));
  const sources: LogSource[] = [];
  for (const { role, name } of roles) {
    const selector = await selectorOf(connection, name);
    if (selector !== undefined) sources.push({ role, selector });
  }
  if (sources.length === 0)
    throw new Problem(`none of the Deployments ${roles.map(({ name }) => name).join(", ")} exists`, EXIT.notFound);
  await mergePodLogs(session, connection, sources, { ...podOptions(session, options), prefix: options.prefix });
  return session.world.interrupted.aborted ? EXIT.interrupted : EXIT.ok;
}

function wants(asked: string | undefined, role: string): boolean {
  if (asked !== undefined && asked !== "stable" && asked !== "canary")
    throw usageProblem(`--version ${asked}: there are only stable and canary`);
  return asked === undefined || asked === role;
}

async function selectorOf({ cluster, namespace }: Connected, name: string): Promise<LabelSelector | undefined> {
  try {
    return (await cluster.get<Deployment>(DEPLOYMENTS, { namespace, name })).spec.selector;
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}

function podOptions({ world }: Session, { follow, tail, since, previous, timestamps }: LogsOptions): PodLogOptions {
  const sinceMs = since === undefined ? undefined : world.clock.now() - since;
  return { follow, tailLines: tail, sinceMs, previous, timestamps, signal: world.interrupted };
}
