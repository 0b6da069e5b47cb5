// Writes a pod's status: the newest one wins, one write at a time, tried again until it is in or the pod is gone.

import { PODS } from "../../../core/kubernetes/resource.ts";
import type { Pod, PodStatus } from "../../../core/kubernetes/workload.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { Log } from "../../../ports/log.ts";
import { stillExists } from "./exists.ts";

const RETRY_MS = 100;

export class StatusWriter {
  #pod: Pod;
  #options: { cluster: Cluster; clock: Clock; log: Log };
  #wanted: PodStatus | undefined;
  #busy = false;
  #written: Promise<string | undefined> = Promise.resolve(undefined);
  #version: string | undefined;
  #last: PodStatus;
  #gone = false;

  constructor(pod: Pod, options: { cluster: Cluster; clock: Clock; log: Log }) {
    this.#pod = pod;
    this.#options = options;
    this.#last = pod.status ?? {};
  }

  /** The status as written or on its way. */
  get last(): PodStatus {
    return this.#last;
  }

  /** Resolves with the stored resourceVersion when this status or a newer one is in; undefined when the pod is gone. */
  write(status: PodStatus): Promise<string | undefined> {
    this.#wanted = status;
    this.#last = status;
    if (!this.#busy) {
      this.#busy = true;
      this.#written = this.#run();
    }
    return this.#written;
  }

  async #run(): Promise<string | undefined> {
    while (this.#wanted !== undefined && !this.#gone) {
      const status = this.#wanted;
      this.#wanted = undefined;
      await this.#send(status);
    }
    // In the same breath as the last look at what is wanted, so that no status is left behind.
    this.#busy = false;
    return this.#gone ? undefined : this.#version;
  }

  async #send(status: PodStatus): Promise<void> {
    const { cluster, clock, log } = this.#options;
    const { namespace, name, uid } = this.#pod.metadata;
    const body = { metadata: { uid }, status: { ...status } };
    try {
      const options = { subresource: "status" } as const;
      const stored = await cluster.patch(PODS, { namespace, name }, { type: "merge", body }, options);
      this.#version = stored.metadata.resourceVersion;
    } catch (error) {
      this.#gone = await this.#isGone();
      if (this.#gone) return;
      log.warn("pod status not written, trying again", { pod: name, error: String(error) });
      this.#wanted ??= status;
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }

  /** When even that cannot be asked, it may be there. */
  async #isGone(): Promise<boolean> {
    try {
      return !(await stillExists(this.#options.cluster, this.#pod));
    } catch {
      return false;
    }
  }
}
