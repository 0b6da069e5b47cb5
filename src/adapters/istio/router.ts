// Moves weight in Istio's VirtualServices. What to write is decided in core/traffic; here is reading, writing and reading back.

import jsonPatch from "fast-json-patch";
import { DEPLOYMENTS, DESTINATION_RULES, VIRTUAL_SERVICES } from "../../core/kubernetes/resource.ts";
import type { Deployment } from "../../core/kubernetes/workload.ts";
import type { MeshObjects } from "../../core/traffic/mesh-objects.ts";
import { type PlanOperation, planSplit } from "../../core/traffic/plan-split.ts";
import { canaryAtMost, readObject, readSplit } from "../../core/traffic/read-split.ts";
import { resolveTarget } from "../../core/traffic/resolve-target.ts";
import type { ObjectReading, SplitReading, TrafficTarget } from "../../core/traffic/split.ts";
import type { DestinationRule, VirtualService } from "../../core/traffic/virtual-service.ts";
import { type Cluster, ClusterError, isClusterError } from "../../ports/cluster.ts";
import type { Resolution, ResolveQuery, RouteChange, TrafficRouter } from "../../ports/traffic-router.ts";
import { lastWriterOf } from "./last-writer.ts";

/** Owns the fields that Serin writes. */
export const FIELD_MANAGER = "serin";

export interface IstioRouterOptions {
  cluster: Cluster;
  /** The same cluster without the client's own rate limit: what reads and writes a split must not wait. */
  urgent?: Cluster;
  /** Whose writes they are in managedFields. The controller goes by the default; what a person writes directly, by another name. */
  fieldManager?: string;
}

export function istioRouter(options: IstioRouterOptions): TrafficRouter {
  const { cluster, urgent = cluster, fieldManager = FIELD_MANAGER } = options;
  /** The objects behind a reading, so that an abort is one write and not a read and a write. */
  const behind = new WeakMap<SplitReading, VirtualService[]>();

  async function read(target: TrafficTarget): Promise<SplitReading> {
    return readingOf(target, await fetchServices(target));
  }

  function readingOf(target: TrafficTarget, services: VirtualService[]): SplitReading {
    const reading = describe(target, services);
    behind.set(reading, services);
    return reading;
  }

  /** Those of several that are left; NotFound when none is. */
  async function fetchServices({ namespace, routes }: TrafficTarget): Promise<VirtualService[]> {
    const names = [...new Set(routes.map(({ virtualService }) => virtualService))];
    const answers = await Promise.allSettled(
      names.map((name) => urgent.get<VirtualService>(VIRTUAL_SERVICES, { namespace, name })),
    );
    const services = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    const failed = answers.find((answer) => answer.status === "rejected" && !isClusterError(answer.reason, "NotFound"));
    const refused = failed ?? (services.length === 0 ? answers[0] : undefined);
    if (refused?.status === "rejected") throw refused.reason;
    return services;
  }

  /** The objects as they were at the reading. Throws Conflict when they are others by now. */
  async function servicesOf(target: TrafficTarget, reading: SplitReading): Promise<VirtualService[]> {
    const known = behind.get(reading);
    if (known !== undefined) return known;
    const services = await fetchServices(target);
    for (const { metadata } of services) {
      const then = reading.objects.find(({ virtualService }) => virtualService === metadata.name);
      if (then?.resourceVersion !== metadata.resourceVersion)
        throw new ClusterError("Conflict", `VirtualService ${metadata.name} changed since it was read; read it again`);
    }
    return services;
  }

  async function patch(service: VirtualService, operations: PlanOperation[]): Promise<VirtualService> {
    const { namespace, name } = service.metadata;
    const key = { namespace, name };
    return urgent.patch(VIRTUAL_SERVICES, key, { type: "json", operations }, { fieldManager });
  }

  /**
   * One of several objects was written already, and this one changed meanwhile. When its split is still the one that was read,
   * it gets its share all the same, so that the routes do not stay apart; else the caller has to read again.
   */
  async function writeLate(before: VirtualService, late: LateWrite): Promise<VirtualService> {
    const { target, canaryWeight, error } = late;
    if (!isClusterError(error, "Invalid", "Conflict")) throw error;
    const { namespace, name } = before.metadata;
    const now = await urgent.get<VirtualService>(VIRTUAL_SERVICES, { namespace, name });
    const [was, is] = [readObject(before, target), readObject(now, target)];
    if (!was.ok || !is.ok || was.canary !== is.canary || was.stable !== is.stable) throw error;
    return patch(now, planned(now, target, canaryWeight));
  }

  return {
    read,
    resolve: (query) => resolve(cluster, query),

    async write(target, reading, canaryWeight) {
      const services = await servicesOf(target, reading);
      const plans = services.map((service) => ({ service, operations: planned(service, target, canaryWeight) }));
      const written: VirtualService[] = [];
      for (const { service, operations } of plans)
        written.push(
          operations.length === 0
            ? service
            : await patch(service, operations).catch((error: unknown) =>
                written.length === 0 ? Promise.reject(error) : writeLate(service, { target, canaryWeight, error }),
              ),
        );
      return readingOf(target, written);
    },

    async preview(target, reading, canaryWeight) {
      const services = await servicesOf(target, reading);
      return services.flatMap((service) => changeOf(service, planned(service, target, canaryWeight)));
    },
  };
}

interface LateWrite {
  target: TrafficTarget;
  canaryWeight: number;
  /** What the first attempt ended with. */
  error: unknown;
}

async function resolve(cluster: Cluster, query: ResolveQuery): Promise<Resolution> {
  try {
    return resolveTarget(query.traffic, await meshObjects(cluster, query));
  } catch (error) {
    const problem = curable(error);
    if (problem === undefined) throw error;
    return problem;
  }
}

async function meshObjects(cluster: Cluster, { namespace, stable, canary }: ResolveQuery): Promise<MeshObjects> {
  const [stableDeployment, canaryDeployment, rules, services] = await Promise.all([
    deployment(cluster, namespace, stable),
    deployment(cluster, namespace, canary),
    cluster.list<DestinationRule>(DESTINATION_RULES, { namespace }),
    cluster.list<VirtualService>(VIRTUAL_SERVICES, { namespace }),
  ]);
  return {
    namespace,
    stable: { name: stable, deployment: stableDeployment },
    canary: { name: canary, deployment: canaryDeployment },
    destinationRules: rules.items,
    virtualServices: services.items,
  };
}

/** What a user can cure is a value. A list that is not found means that the API server does not know the kind. */
function curable(error: unknown): Resolution | undefined {
  if (isClusterError(error, "Forbidden"))
    return { ok: false, reason: "Forbidden", message: `${error.message}; grant it as in deploy/rbac.yaml` };
  if (!isClusterError(error, "NotFound")) return undefined;
  const message =
    "this cluster does not serve VirtualService and DestinationRule in networking.istio.io/v1; install Istio 1.22 or newer";
  return { ok: false, reason: "IstioNotInstalled", message };
}

async function deployment(cluster: Cluster, namespace: string, name: string): Promise<Deployment | undefined> {
  try {
    return await cluster.get<Deployment>(DEPLOYMENTS, { namespace, name });
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}

function describe(target: TrafficTarget, services: VirtualService[]): SplitReading {
  const split = readSplit(services, target);
  const objects = services.map(objectReading);
  if (!split.ok) {
    const { problem, disagreeing } = split;
    const most = canaryAtMost(services, target);
    return {
      canaryWeight: undefined,
      stableWeight: undefined,
      total: target.total,
      problem,
      disagreeing,
      canaryAtMost: most,
      objects,
    };
  }
  return {
    canaryWeight: split.canary,
    stableWeight: split.stable,
    total: split.stable + split.canary,
    objects,
  };
}

function objectReading(service: VirtualService): ObjectReading {
  const { name, resourceVersion = "", uid = "" } = service.metadata;
  const lastWriter = lastWriterOf(service, FIELD_MANAGER);
  return { virtualService: name, resourceVersion, uid, ...(lastWriter === undefined ? {} : { lastWriter }) };
}

/** The patch. A route that is gone is what a changed world looks like: Conflict, so that the caller reads again. */
function planned(service: VirtualService, target: TrafficTarget, canaryWeight: number): PlanOperation[] {
  const plan = planSplit(service, target, canaryWeight);
  if (!plan.ok) throw new ClusterError("Conflict", plan.problem);
  return plan.operations;
}

function changeOf(before: VirtualService, operations: PlanOperation[]): RouteChange[] {
  if (operations.length === 0) return [];
  const { namespace = "", name } = before.metadata;
  const after = jsonPatch.applyPatch(structuredClone(before), operations, true, false).newDocument;
  return [{ kind: "VirtualService", namespace, name, operations, before, after }];
}
