// The sandbox's Kubernetes API in this process: opens the store, registers kinds, installs definitions, and hands out clients.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import { builtinResources } from "./builtin-resources.ts";
import { SandboxClient } from "./client.ts";
import { Core, type User } from "./core.ts";
import { followDefinitions } from "./crd/controller.ts";
import { installDefinition, installReplaceable } from "./crd/install.ts";
import { INSTALLER } from "./crd/installer.ts";
import { forgetOldEvents } from "./lifecycle/events.ts";
import { collectGarbage, sweepGarbage } from "./lifecycle/garbage.ts";
import { createInitialNamespaces, emptyDeletedNamespaces } from "./lifecycle/namespaces.ts";
import { Registry } from "./registry.ts";
import { gatewayApiDefinitions, istioDefinitions } from "./schema/builtin.ts";
import { openPersistence } from "./store/database.ts";
import { ObjectStore } from "./store/object-store.ts";

export interface SandboxOptions {
  /** A file, or ":memory:" to keep nothing. */
  dataFile: string;
  clock: Clock;
  log: Log;
  /** In [0, 1); seeds uids and generated names. Cryptographic when absent. */
  random?: () => number;
  /** CustomResourceDefinitions to install beside Istio's: Serin's own. Changed ones are updated. */
  crds?: unknown[];
  /** How many changes of each resource a watch can go back. */
  historyLimit?: number;
}

export interface SandboxCluster {
  /** As user "serin-sandbox". */
  cluster: Cluster;
  /** As this user: owns the fields it writes, and is who asks in a CanaryAction. */
  as(user: User): Cluster;
  /** Known resources, with schemas and columns. */
  registry: Registry;
  /** Ends the store; clients fail afterwards. */
  close(): Promise<void>;
}

const SANDBOX_USER: User = { ...INSTALLER, groups: ["system:masters"] };
const DEFAULT_HISTORY_LIMIT = 2_000;

export async function openSandboxCluster(options: SandboxOptions): Promise<SandboxCluster> {
  const { dataFile, clock, log, random, historyLimit = DEFAULT_HISTORY_LIMIT } = options;
  const persistence = openPersistence(dataFile);
  const registry = new Registry();
  for (const resource of builtinResources()) registry.add(resource);
  const core = new Core({ store: new ObjectStore(persistence, historyLimit), registry, clock, log, random });
  followDefinitions(core);
  collectGarbage(core);
  emptyDeletedNamespaces(core);
  forgetOldEvents(core);
  createInitialNamespaces(core);
  for (const definition of [...istioDefinitions(), ...(options.crds ?? [])])
    installDefinition(core, definition as KubeObject);
  for (const definition of gatewayApiDefinitions()) installReplaceable(core, definition as KubeObject);
  sweepGarbage(core);
  core.drain();
  return {
    cluster: new SandboxClient(core, SANDBOX_USER),
    as: (user) => new SandboxClient(core, user),
    registry,
    close: async () => persistence.close(),
  };
}
