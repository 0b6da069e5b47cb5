// Finding the Canary that a name means, and saying what is near when there is none.

import { CANARIES } from "../core/kubernetes/resource.ts";
import type { Canary } from "../core/spec/canary.ts";
import { didYouMean } from "../core/spec/did-you-mean.ts";
import { type ClusterError, isClusterError } from "../ports/cluster.ts";
import { EXIT } from "./exit-codes.ts";
import { Problem, usageProblem } from "./problems.ts";
import type { Connected } from "./session.ts";

const KINDS = ["canary", "canaries", "srn", "canary.serin.dev", "canaries.serin.dev"];

/** "echo" from "echo" or "canary/echo". */
export function canaryName(reference: string): string {
  const slash = reference.indexOf("/");
  if (slash === -1) return reference;
  const [kind, name] = [reference.slice(0, slash).toLowerCase(), reference.slice(slash + 1)];
  if (!KINDS.includes(kind))
    throw usageProblem(
      `"${reference}" names a ${kind}; this command takes a Canary`,
      `Write "canary/${name}" or "${name}".`,
    );
  if (name === "") throw usageProblem(`"${reference}" names no object`, 'Write it like "canary/echo".');
  return name;
}

/** With exit code 5 and the nearest name when there is none. */
export async function getCanary({ cluster, namespace }: Connected, name: string): Promise<Canary> {
  try {
    return await cluster.get<Canary>(CANARIES, { namespace, name });
  } catch (error) {
    throw isClusterError(error, "NotFound") ? await notFound({ cluster, namespace }, name, error) : error;
  }
}

async function listCanaries({ cluster, scope }: Pick<Connected, "cluster" | "scope">): Promise<Canary[]> {
  return (await listWithVersion({ cluster, scope })).items;
}

export async function listWithVersion(
  { cluster, scope }: Pick<Connected, "cluster" | "scope">,
  labelSelector?: string,
): Promise<{ items: Canary[]; resourceVersion: string }> {
  try {
    return await cluster.list<Canary>(CANARIES, {
      namespace: scope,
      labelSelector,
    });
  } catch (error) {
    throw isClusterError(error, "NotFound") ? notInstalled() : error;
  }
}

function notInstalled(): Problem {
  return new Problem(
    "this cluster does not know the kind Canary (serin.dev/v1alpha1): Serin is not installed there",
    EXIT.notFound,
    "Is it the cluster that you mean? -v says which one is asked. A sandbox is one command away: serin up",
  );
}

async function notFound(
  { cluster, namespace }: Pick<Connected, "cluster" | "namespace">,
  name: string,
  error: ClusterError,
): Promise<Problem> {
  const message = `canary "${name}" not found in namespace "${namespace}"`;
  const all = await listCanaries({ cluster, scope: undefined }).catch((listError: unknown) => {
    if (listError instanceof Problem) throw listError;
    return isClusterError(listError) ? undefined : Promise.reject(error);
  });
  return new Problem(message, EXIT.notFound, ...hints(all ?? [], name, namespace));
}

function hints(all: Canary[], name: string, namespace: string): string[] {
  const elsewhere = all.find(({ metadata }) => metadata.name === name);
  if (elsewhere !== undefined)
    return [`There is one in namespace "${elsewhere.metadata.namespace}": add -n ${elsewhere.metadata.namespace}`];
  const here = all.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name);
  const near = didYouMean(name, here);
  if (near !== undefined) return [`Did you mean "${near}"?`];
  return [
    here.length === 0 ? "There is none in this namespace; serin get -A lists all." : `There are: ${here.join(", ")}`,
  ];
}
