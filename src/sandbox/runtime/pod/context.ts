// What a pod's worker needs of its surroundings.

import type { Pod } from "../../../core/kubernetes/workload.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { Log } from "../../../ports/log.ts";
import type { Catalogue } from "../catalogue/load.ts";
import type { EventRecorder } from "../events.ts";
import type { Addresses } from "../process/addresses.ts";
import type { LogFile } from "../process/log-file.ts";
import type { BackOffNumbers } from "./back-off.ts";

export interface PodContext {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  addresses: Addresses;
  catalogue: () => Promise<Catalogue>;
  /** Where the user's entries are, or would be. */
  catalogueFile: string;
  backOff?: BackOffNumbers;
  /** Opens the log of the n-th run of the pod's container. */
  openLog(pod: Pod, restartCount: number): LogFile;
  removeLogs(pod: Pod): Promise<void>;
  /** Resolves when no Service offers the pod any more. */
  withdrawn(pod: Pod): Promise<void>;
  /** Writes where the pod's ports really are, where that differs from podIP:port. */
  announceDial(pod: Pod, dial: Record<string, string> | undefined): Promise<void>;
}
