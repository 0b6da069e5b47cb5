// Services by the host names that routes use.

import type { Service } from "../../core/kubernetes/workload.ts";
import { serviceHost } from "../routing/names.ts";

export class ServiceDirectory {
  readonly #byHost = new Map<string, Service>();

  constructor(services: readonly Service[]) {
    for (const service of services)
      this.#byHost.set(serviceHost(service.metadata.name, service.metadata.namespace ?? "default"), service);
  }

  find(host: string): Service | undefined {
    return this.#byHost.get(host);
  }

  /** A destination without a port takes the only one of its Service, else the listener's: istiod's GetDestinationCluster. */
  portFor(host: string, wanted: number | undefined, listenerPort: number): number {
    if (wanted !== undefined) return wanted;
    const ports = this.find(host)?.spec.ports ?? [];
    return ports.length === 1 ? ports[0]!.port : listenerPort;
  }
}
