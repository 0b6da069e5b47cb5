// The suite's namespaces on a cluster, and that they are gone at the end.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { NAMESPACES } from "../../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../../src/ports/cluster.ts";
import { OWN_LABEL, OWN_LABEL_VALUE, OWN_NAMESPACES, ownLabels } from "./own-names.ts";

export interface Kubectl {
  program: string;
  /** --context, when it was given. */
  args: readonly string[];
}

export interface Caretaker {
  /** Resolves when everything that the run made is gone. */
  finish(): Promise<void>;
}

/** Started before anything is made: from now on nothing can be left behind. */
export function startCaretaker({ program, args }: Kubectl, run: string): Caretaker {
  const script = join(import.meta.dirname, "caretaker.ts");
  const child: ChildProcess = spawn(process.execPath, [script, run, program, ...args], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  return {
    finish: () =>
      new Promise((resolve, reject) => {
        child.once("exit", (code) =>
          code === 0 ? resolve() : reject(new Error("not everything of the suite was removed from the cluster")),
        );
        child.stdin!.end();
      }),
  };
}

/** Throws when somebody has them already. */
export async function makeNamespaces(cluster: Cluster, run: string): Promise<void> {
  for (const name of OWN_NAMESPACES) {
    const labels = { ...ownLabels(run), "istio-injection": "disabled", "istio.io/dataplane-mode": "none" };
    await makeNamespace(cluster, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  }
}

async function makeNamespace(cluster: Cluster, namespace: KubeObject): Promise<void> {
  const { name } = namespace.metadata;
  const deadline = performance.now() + GONE_WITHIN_MS;
  for (;;)
    try {
      await cluster.create(NAMESPACES, namespace);
      return;
    } catch (error) {
      if (!isClusterError(error, "AlreadyExists")) throw error;
      const { metadata } = await cluster.get(NAMESPACES, { name });
      const isEnding = metadata.deletionTimestamp !== undefined;
      if (isEnding && performance.now() < deadline) await sleep(500);
      else throw new Error(`namespace ${name} exists: ${whose(metadata.labels)}`, { cause: error });
    }
}

const GONE_WITHIN_MS = 60_000;

function whose(labels: KubeObject["metadata"]["labels"] = {}): string {
  if (labels[OWN_LABEL] !== OWN_LABEL_VALUE)
    return "it is not of this suite, which needs the name and touches nothing of yours";
  return `another run of the suite is going on; when there is none, remove it: kubectl delete namespace ${OWN_NAMESPACES.join(" ")}`;
}
