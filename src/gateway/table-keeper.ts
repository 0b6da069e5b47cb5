// Keeps the table in use equal to the objects: compiles when something changed, swaps, reports. A VirtualService that cannot
// be honoured leaves its last good version in force, so that a mistake takes no traffic away.

import type { ObjectKey } from "../core/kubernetes/object.ts";
import { type Resource, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import type { Acknowledgement, DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import { compileTable } from "./compile/compile.ts";
import { compileVirtualService } from "./compile/compile-virtual-service.ts";
import { CredentialStore } from "./credential-store.ts";
import type { ServedGatewayApi } from "./gateway-api/servers.ts";
import type { StatusWriter } from "./gateway-api/status-writer.ts";
import { whyNotServed } from "./gateway-api/why-not-served.ts";
import { INGRESS_LABELS, INGRESS_NAMESPACE } from "./ingress-objects.ts";
import type { VirtualService } from "./objects.ts";
import type { Problem } from "./routing/table.ts";
import type { Reporter } from "./telemetry/report.ts";
import type { Stats } from "./telemetry/stats.ts";
import type { LiveTable } from "./upstreams/live-table.ts";
import type { WorldWatch } from "./world-watch.ts";

export interface TableKeeperOptions {
  watch: WorldWatch;
  live: LiveTable;
  stats: Stats;
  reporter: Reporter;
  statusWriter: StatusWriter;
  openPorts: readonly number[];
  log: Log;
}

export class TableKeeper implements DataPlane {
  readonly #options: TableKeeperOptions;
  readonly #lastGood = new Map<string, VirtualService>();
  /** Why a VirtualService of now is not the one in the table. */
  #refused = new Map<string, string>();
  readonly #credentials: CredentialStore;
  #gatewayApi: ServedGatewayApi | undefined;
  #dirty = true;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(options: TableKeeperOptions) {
    this.#options = options;
    this.#credentials = new CredentialStore((namespace, name) => options.watch.secrets.get({ namespace, name }));
  }

  /** Compiles soon; changes that come together are compiled together. */
  changed(): void {
    this.#dirty = true;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.compileNow();
    });
  }

  stop(): void {
    clearImmediate(this.#scheduled);
  }

  /** The table in use is that of the objects as the informers hold them now. */
  compileNow(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    const { watch, live, reporter, statusWriter, openPorts, log } = this.#options;
    const { served, problems } = this.#admit(watch.virtualServices.list());
    const gatewayApi = watch.gatewayApi.objects();
    try {
      const compilation = compileTable({
        gateways: watch.gateways.list(),
        virtualServices: served,
        destinationRules: watch.destinationRules.list(),
        services: watch.services.list(),
        endpointSlices: watch.endpointSlices.list(),
        pods: watch.pods.list(),
        credentials: this.#credentials,
        gatewayApi,
        gatewayLabels: INGRESS_LABELS,
        gatewayNamespace: INGRESS_NAMESPACE,
        openPorts,
      });
      live.swap(compilation.table);
      reporter.report([...problems, ...compilation.problems]);
      this.#gatewayApi = compilation.gatewayApi;
      if (gatewayApi !== undefined) statusWriter.report(gatewayApi, compilation.gatewayApi, openPorts);
    } catch (error) {
      // A broken invariant of ours: the table in use goes on serving.
      log.error("the gateway could not compile its routes; the last ones stay in force", { error: String(error) });
    }
  }

  /** Good versions as they are, last good ones in the place of bad ones, and what is wrong with those. */
  #admit(objects: readonly VirtualService[]): { served: VirtualService[]; problems: Problem[] } {
    const served: VirtualService[] = [];
    const problems: Problem[] = [];
    this.#refused = new Map();
    const present = new Set<string>();
    for (const object of objects) {
      const key = keyOf(object.metadata);
      present.add(key);
      const template = compileVirtualService(object);
      if (template.problems.length === 0) this.#lastGood.set(key, object);
      else this.#refused.set(key, template.problems.map(({ message }) => message).join("; "));
      const good = this.#lastGood.get(key);
      if (good !== undefined) served.push(good);
      const effect = good === undefined ? "the VirtualService is not served" : "its last good version stays in force";
      problems.push(...template.problems.map((problem) => ({ ...problem, message: `${problem.message} (${effect})` })));
    }
    for (const key of this.#lastGood.keys()) if (!present.has(key)) this.#lastGood.delete(key);
    return { served, problems };
  }

  async acknowledged(resource: Resource, key: ObjectKey, resourceVersion: string): Promise<Acknowledgement> {
    this.compileNow();
    const { watch } = this.#options;
    const name = `${resource.kind} ${key.namespace === undefined ? "" : `${key.namespace}/`}${key.name}`;
    if (!watch.reads(resource))
      return { acknowledged: false, waitingFor: `nobody: the gateway does not read ${resource.kind} objects` };
    const object = watch.get(resource, key);
    const seen = object === undefined ? watch.newestVersion(resource) : Number(object.metadata.resourceVersion);
    if (!(seen >= Number(resourceVersion)))
      return {
        acknowledged: false,
        waitingFor: `gateway istio-ingressgateway to see ${name} at resourceVersion ${resourceVersion} (it has ${object === undefined ? "none" : seen})`,
      };
    const refused =
      resource.kind === VIRTUAL_SERVICES.kind
        ? this.#refused.get(keyOf(key))
        : this.#gatewayApi && whyNotServed(this.#gatewayApi, resource, keyOf(key));
    if (refused !== undefined)
      return { acknowledged: false, waitingFor: `gateway istio-ingressgateway, which refuses ${name}: ${refused}` };
    return { acknowledged: true };
  }

  async inFlight(namespace: string, workload: string): Promise<number> {
    return this.#options.stats.totals(namespace, workload).inFlight;
  }
}

function keyOf({ namespace = "default", name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
