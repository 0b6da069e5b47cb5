// What the gateway does not honour is said aloud: a Warning Event and a status condition on the object, once for each
// version of its problems; and the condition turns True again when they are gone.

import type { Condition, KubeObject } from "../../core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  EVENTS,
  GATEWAYS,
  type Resource,
  VIRTUAL_SERVICES,
} from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Cluster, isClusterError } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import type { Problem } from "../routing/table.ts";
import { type EventMoment, warningEvent } from "./warning-event.ts";

const FIELD_MANAGER = "serin-gateway";
/** istiod's own type for "the data plane has it". */
const CONDITION = "Reconciled";

const RESOURCES: Record<Problem["kind"], Resource> = {
  VirtualService: VIRTUAL_SERVICES,
  DestinationRule: DESTINATION_RULES,
  Gateway: GATEWAYS,
};

export interface ReporterOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  find(resource: Resource, key: { namespace: string; name: string }): KubeObject | undefined;
}

export class Reporter {
  readonly #options: ReporterOptions;
  /** What was said last, by object. */
  readonly #said = new Map<string, string>();
  #work: Promise<void> = Promise.resolve();
  /** Keeps the names of Events of one second apart. */
  #sequence = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Problems that an earlier run wrote into status: they are taken back when `report` no longer has them. */
  adopt(objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const { name, namespace = "default" } = object.metadata;
      const told = conditionsOf(object).some(({ type, status }) => type === CONDITION && status === "False");
      if (told) this.#said.set(`${object.kind}/${namespace}/${name}`, "told by an earlier run");
    }
  }

  /** All problems of now. Writes in the background, in order; failures are logged, never thrown. */
  report(problems: readonly Problem[]): void {
    const byObject = Map.groupBy(problems, ({ kind, namespace, name }) => `${kind}/${namespace}/${name}`);
    for (const [key, own] of byObject) this.#say(key, own);
    for (const key of this.#said.keys()) if (!byObject.has(key)) this.#say(key, []);
  }

  /** Resolves when everything said so far is written. */
  async settled(): Promise<void> {
    await this.#work;
  }

  #say(key: string, problems: readonly Problem[]): void {
    const text = problems.map(({ message }) => message).join("; ");
    if (this.#said.get(key) === text) return;
    if (text === "") this.#said.delete(key);
    else this.#said.set(key, text);
    const [kind, namespace, name] = key.split("/") as [Problem["kind"], string, string];
    this.#work = this.#work
      .then(() => this.#write(RESOURCES[kind], { namespace, name }, problems))
      .catch((error: unknown) => {
        this.#options.log.warn("the gateway could not report a problem", {
          object: key,
          problem: text,
          error: String(error),
        });
      });
  }

  async #write(
    resource: Resource,
    key: { namespace: string; name: string },
    problems: readonly Problem[],
  ): Promise<void> {
    const object = this.#options.find(resource, key);
    if (object === undefined) return;
    const now = new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const { cluster } = this.#options;
    const event = problems.length === 0 ? undefined : eventFor(object, problems, { now, sequence: this.#sequence++ });
    const body = { status: statusFor(object, problems, now) };
    const written = await Promise.allSettled([
      event && cluster.create(EVENTS, event, { fieldManager: FIELD_MANAGER }),
      cluster.patch(resource, key, { type: "merge", body }, { subresource: "status", fieldManager: FIELD_MANAGER }),
    ]);
    // An object that was deleted meanwhile has nobody to be told.
    for (const each of written)
      if (each.status === "rejected" && !isClusterError(each.reason, "NotFound")) throw each.reason;
  }
}

function eventFor(object: KubeObject, problems: readonly Problem[], moment: EventMoment): KubeObject {
  const reason = problems[0]!.effect === "refused" ? "Refused" : "PartlyHonoured";
  return warningEvent(object, { reason, message: summary(problems) }, moment);
}

function statusFor(object: KubeObject, problems: readonly Problem[], now: string): Record<string, unknown> {
  const condition = {
    type: CONDITION,
    status: problems.length === 0 ? "True" : "False",
    reason: problems.length === 0 ? "Honoured" : problems[0]!.effect === "refused" ? "Refused" : "PartlyHonoured",
    message: problems.length === 0 ? "The gateway honours every field." : summary(problems),
    lastTransitionTime: now,
  };
  return {
    conditions: [...conditionsOf(object).filter(({ type }) => type !== CONDITION), condition],
    validationMessages: problems.map(({ message, effect }) => ({
      level: effect === "refused" ? "ERROR" : "WARNING",
      type: { name: effect === "refused" ? "Refused" : "PartlyHonoured", code: "SRN-GATEWAY" },
      documentationUrl: `docs/reference/gateway.md?text=${encodeURIComponent(message)}`,
    })),
  };
}

function conditionsOf(object: KubeObject): Condition[] {
  return (object["status"] as { conditions?: Condition[] } | undefined)?.conditions ?? [];
}

function summary(problems: readonly Problem[]): string {
  return problems.map(({ message }) => message).join("; ");
}
