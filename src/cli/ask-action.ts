// Asks something of a rollout: writes a CanaryAction pinned to what was seen, and waits for the controller's answer.

import type { KubeObject } from "../core/kubernetes/object.ts";
import { apiVersionOf, CANARY_ACTIONS, type Resource } from "../core/kubernetes/resource.ts";
import type { CanaryAction, Verb } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";
import { follow } from "./follow.ts";
import type { Connected, Session } from "./session.ts";

export interface Asked {
  verb: Verb;
  reason?: string;
  /** Checks with the server what would be written, and writes nothing. */
  dryRun?: boolean;
}

/** Creates the action for the rollout and step that the Canary showed. */
export async function askAction(connection: Connected, canary: Canary, asked: Asked): Promise<CanaryAction> {
  const { cluster, namespace } = connection;
  const by = await whoAmI(cluster);
  const rollout = canary.status?.rollout;
  const action: CanaryAction = {
    apiVersion: apiVersionOf(CANARY_ACTIONS),
    kind: CANARY_ACTIONS.kind,
    // An empty name and a generateName: the server completes it.
    metadata: {
      generateName: `${canary.metadata.name}-${asked.verb.toLowerCase()}-`,
      namespace,
    } as CanaryAction["metadata"],
    spec: {
      canaryRef: { name: canary.metadata.name },
      verb: asked.verb,
      reason: asked.reason,
      by,
      rollout: rollout?.id,
      step: STEP_VERBS.includes(asked.verb) ? rollout?.step : undefined,
    },
  };
  return cluster.create(CANARY_ACTIONS, action, {
    fieldValidation: "Strict",
    dryRun: asked.dryRun,
  });
}

/** A second press of the same button must not go two steps on. */
const STEP_VERBS: readonly Verb[] = ["promote", "skip"];

const SELF_SUBJECT_REVIEWS: Resource = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
};

interface SelfSubjectReview extends KubeObject {
  status?: { userInfo?: { username?: string } };
}

/** The caller's name as the server sees it; undefined where the server does not say (Kubernetes before 1.28). */
async function whoAmI(cluster: Cluster): Promise<string | undefined> {
  const review = { apiVersion: apiVersionOf(SELF_SUBJECT_REVIEWS), kind: "SelfSubjectReview", metadata: {} };
  try {
    const answer = await cluster.create(SELF_SUBJECT_REVIEWS, review as SelfSubjectReview);
    return answer.status?.userInfo?.username;
  } catch (error) {
    if (isClusterError(error, "NotFound", "Forbidden", "MethodNotAllowed")) return undefined;
    throw error;
  }
}

export type Outcome =
  | { kind: "done" | "accepted" | "refused"; message: string }
  /** Nobody has taken it up in time. */
  | { kind: "silent" };

export interface Patience {
  /** Until the controller has taken it up. */
  acceptMs: number;
  /** From then on until it is carried out. */
  finishMs: number;
}

/** "accepted" means: under way, and not finished within the time. */
export async function awaitOutcome(
  session: Session,
  connection: Connected,
  action: CanaryAction,
  patience: Patience,
): Promise<Outcome> {
  const { name, namespace } = action.metadata;
  const followed = {
    cluster: connection.cluster,
    resource: CANARY_ACTIONS,
    key: { name, namespace },
    clock: session.world.clock,
    signal: session.world.interrupted,
  };
  const first = await follow<CanaryAction, Outcome>(followed, { timeoutMs: patience.acceptMs }, outcomeOf);
  if (first === undefined) return { kind: "silent" };
  if (first.kind !== "accepted") return first;
  const last = await follow<CanaryAction, Outcome>(followed, { timeoutMs: patience.finishMs }, (now) => {
    const outcome = outcomeOf(now);
    return outcome?.kind === "accepted" ? undefined : outcome;
  });
  return last ?? first;
}

function outcomeOf(action: CanaryAction | undefined): Outcome | undefined {
  if (action === undefined) return { kind: "refused", message: "the action was deleted before it was carried out" };
  if (action.status === undefined) return undefined;
  const { state, message } = action.status;
  if (state === "Done") return { kind: "done", message };
  return state === "Accepted" ? { kind: "accepted", message } : { kind: "refused", message };
}
