// Writes what the gateway found into the status of Gateway API's objects, as istiod does; only where it says something new. Writes go out
// one after the other, each made from the object as the API has it then.

import { isDeepStrictEqual } from "node:util";
import type { KubeObject, ObjectKey } from "../../core/kubernetes/object.ts";
import {
  EVENTS,
  GATEWAY_CLASSES,
  GRPC_ROUTES,
  HTTP_ROUTES,
  KUBERNETES_GATEWAYS,
  type Resource,
} from "../../core/kubernetes/resource.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Cluster, isClusterError } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import { warningEvent } from "../telemetry/warning-event.ts";
import { classStatus, istioClass } from "./gateway-class.ts";
import { gatewayStatus } from "./gateway-status.ts";
import { CLASS } from "./listeners.ts";
import { notesOf } from "./notes.ts";
import { CONTROLLER, type GatewayApiObjects, type RouteParentStatus } from "./objects.ts";
import { routeStatus } from "./route-status.ts";
import type { ServedGatewayApi } from "./servers.ts";

const FIELD_MANAGER = "serin-gateway";
const ATTEMPTS = 5;

export interface StatusWriterOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
}

interface Plan {
  resource: Resource;
  /** As it was when the plan was made. */
  object: KubeObject;
  /** The status that it should have, from the one that it has. */
  next(status: Record<string, unknown>, now: string): Record<string, unknown>;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  /** The newest plan of each object whose status is not what it should be. */
  readonly #waiting = new Map<string, Plan>();
  /** Of the last report, by object. */
  #plans = new Map<string, Plan>();
  /** What no status has a place for, by object. */
  readonly #said = new Map<string, string>();
  /** Keeps the names of Events of one second apart. */
  #sequence = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** To be told everything after each compilation. Failures are logged, never thrown. */
  report(objects: GatewayApiObjects, served: ServedGatewayApi, openPorts: readonly number[]): void {
    if (!objects.classes.some(({ metadata }) => metadata.name === CLASS)) this.#enqueue(() => this.#publishClass());
    const plans = plansOf(objects, served, openPorts);
    this.#plans = new Map(plans.map((plan) => [keyOf(plan.object), plan]));
    for (const plan of plans) this.#consider(plan);
    const notes = notesOf(objects, served);
    for (const { object, text } of notes) this.#say(object, text);
    const noted = new Set(notes.map(({ object }) => object.metadata.uid ?? ""));
    for (const uid of this.#said.keys()) if (!noted.has(uid)) this.#said.delete(uid);
  }

  /** Somebody wrote the status of an object: it may not be what it should be. */
  look(object: KubeObject): void {
    const plan = this.#plans.get(keyOf(object));
    if (plan === undefined || plan.object.metadata.generation !== object.metadata.generation) return;
    this.#consider({ ...plan, object });
  }

  /** Resolves when everything reported so far is written. */
  async settled(): Promise<void> {
    await this.#work;
  }

  #consider(plan: Plan): void {
    const key = keyOf(plan.object);
    const isWaiting = this.#waiting.has(key);
    if (!isWaiting && isDeepStrictEqual(nextOf(plan, plan.object, this.#now()), statusOf(plan.object))) return;
    this.#waiting.set(key, plan);
    if (isWaiting) return;
    this.#enqueue(async () => {
      const newest = this.#waiting.get(key)!;
      this.#waiting.delete(key);
      await this.#write(newest);
    });
  }

  #say(object: KubeObject, message: string): void {
    const { uid = "" } = object.metadata;
    if (this.#said.get(uid) === message) return;
    this.#said.set(uid, message);
    const moment = { now: this.#now(), sequence: this.#sequence++ };
    const event = warningEvent(object, { reason: "PartlyHonoured", message }, moment);
    this.#enqueue(
      async () => void (await this.#options.cluster.create(EVENTS, event, { fieldManager: FIELD_MANAGER })),
    );
  }

  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#options.log.warn("the gateway could not write a status", { error: String(error) });
    });
  }

  async #write(plan: Plan): Promise<void> {
    const { cluster } = this.#options;
    const { resource, object } = plan;
    const { namespace, name, generation, uid } = object.metadata;
    const key: ObjectKey = { namespace, name };
    for (let left = ATTEMPTS; ; left--)
      try {
        const stored = await cluster.get(resource, key);
        // Of a newer one the next compilation tells.
        if (stored.metadata.generation !== generation || stored.metadata.uid !== uid) return;
        const status = nextOf(plan, stored, this.#now());
        if (isDeepStrictEqual(status, statusOf(stored))) return;
        const { resourceVersion } = stored.metadata;
        const body = { metadata: { resourceVersion }, status: { ...nulls(statusOf(stored)), ...status } };
        await cluster.patch(
          resource,
          key,
          { type: "merge", body },
          { subresource: "status", fieldManager: FIELD_MANAGER },
        );
        return;
      } catch (error) {
        if (isClusterError(error, "NotFound")) return;
        if (!isClusterError(error, "Conflict") || left === 1) throw error;
      }
  }

  /** istiod makes it where there is none, and leaves it alone then. */
  async #publishClass(): Promise<void> {
    await this.#options.cluster
      .create(GATEWAY_CLASSES, istioClass(), { fieldManager: FIELD_MANAGER })
      .catch((error) => {
        if (!isClusterError(error, "AlreadyExists", "NotFound")) throw error;
      });
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

function plansOf(objects: GatewayApiObjects, served: ServedGatewayApi, openPorts: readonly number[]): Plan[] {
  const momentOf = ({ metadata }: KubeObject, now: string) => ({ generation: metadata.generation, now });
  const around = { ...served, openPorts };
  return [
    ...objects.classes
      .filter(({ spec }) => spec.controllerName === CONTROLLER)
      .map(
        (object): Plan => ({
          resource: GATEWAY_CLASSES,
          object,
          next: (status, now) => classStatus(status, momentOf(object, now)),
        }),
      ),
    ...served.gateways.map(
      (each): Plan => ({
        resource: KUBERNETES_GATEWAYS,
        object: each.object,
        next: (status, now) => gatewayStatus(each, around, status, momentOf(each.object, now)),
      }),
    ),
    ...served.routes.map(
      (each): Plan => ({
        resource: each.object.kind === "GRPCRoute" ? GRPC_ROUTES : HTTP_ROUTES,
        object: each.object,
        next: ({ parents = [] }, now) => routeStatus(each, parents as RouteParentStatus[], momentOf(each.object, now)),
      }),
    ),
  ];
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

function nextOf(plan: Plan, object: KubeObject, now: string): Record<string, unknown> {
  return plan.next(statusOf(object), now);
}

function statusOf(object: KubeObject): Record<string, unknown> {
  return (object["status"] as Record<string, unknown> | undefined) ?? {};
}

/** A merge patch takes away only what it names. */
function nulls(status: Record<string, unknown>): Record<string, null> {
  return Object.fromEntries(Object.keys(status).map((field) => [field, null]));
}
