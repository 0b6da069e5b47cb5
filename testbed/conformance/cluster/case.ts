// The conformance suite of the cluster port: cases as data, so that any implementation and any runner can go through them.
// A world is one API server; each case works in a namespace of its own.

import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { NAMESPACES } from "../../../src/core/kubernetes/resource.ts";
import { type Cluster, ClusterError, type ClusterErrorReason } from "../../../src/ports/cluster.ts";

interface World {
  cluster: Cluster;
  /** Fresh and empty. */
  namespace: string;
}

export interface Case {
  name: string;
  /**
   * What not every world has. Controllers: garbage collection and the emptying of namespaces, on a real cluster the controller
   * manager's work. Short history: old versions are forgotten at once, not after minutes.
   */
  needs?: "controllers" | "short history";
  run(world: World): Promise<void>;
}

let counter = 0;

/** Runs one case in a namespace of its own, which is deleted afterwards. */
export async function runCase(cluster: Cluster, each: Case): Promise<void> {
  counter += 1;
  const name = `conformance-${process.pid}-${counter}`;
  await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  try {
    await each.run({ cluster, namespace: name });
  } finally {
    await cluster.delete(NAMESPACES, { name }).catch(() => undefined);
  }
}

/** Fails unless the call is refused for this reason; returns the error. */
export async function refused(call: Promise<unknown>, reason: ClusterErrorReason): Promise<ClusterError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome))
    assert.fail(`expected ${reason}, but the call succeeded: ${JSON.stringify(outcome.value)}`);
  assert.ok(outcome.error instanceof ClusterError, `no ClusterError: ${String(outcome.error)}`);
  assert.equal(outcome.error.reason, reason, outcome.error.message);
  return outcome.error;
}

/** Tries again until the check passes: what a real cluster does in the background takes its time. */
export async function eventually(check: () => Promise<void>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export function configMap(namespace: string, name: string, extra: Record<string, unknown> = {}): KubeObject {
  const { labels, ...rest } = extra as { labels?: Record<string, string> };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, ...(labels && { labels }) }, ...rest };
}

export function deployment(namespace: string, name: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "app", image: "example.com/app:1" }] },
      },
      ...spec,
    },
  };
}

/**
 * A condition of a Deployment that no controller knows. A real cluster's controllers write the status of every Deployment at
 * once, but leave such a condition as it is.
 */
export const TESTED = {
  type: "Tested",
  status: "True",
  reason: "Tried",
  message: "by the conformance suite",
  lastUpdateTime: "2026-01-02T03:04:05Z",
  lastTransitionTime: "2026-01-02T03:04:05Z",
};

export function versionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion);
}

/** A mutable copy, as any caller may make one. */
export function copyOf<T>(value: T): T {
  return structuredClone(value);
}
