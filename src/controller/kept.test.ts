// Caches hold what the controller reads, and no more.

import { describe, expect, it } from "vitest";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { templateHash } from "../core/rollout/identity.ts";
import { keepDeployment, keepLabels, keepName, keepNamespace, keepSlice, keepWhole } from "./kept.ts";

const metadata = {
  name: "a",
  namespace: "shop",
  uid: "u",
  resourceVersion: "7",
  generation: 3,
  creationTimestamp: "2026-01-01T00:00:00Z",
  labels: { app: "a" },
  annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", note: "kept" },
  managedFields: [
    { manager: "x", operation: "Update" as const, apiVersion: "v1", fieldsType: "FieldsV1" as const, fieldsV1: {} },
  ],
  finalizers: ["serin.dev/rollout"],
};
const object = (rest: Record<string, unknown> = {}): KubeObject => ({ apiVersion: "v1", kind: "X", metadata, ...rest });
const identity = { name: "a", namespace: "shop", resourceVersion: "7" };

describe("what is kept", () => {
  it("of a Canary: everything but managedFields and the copy as last applied", () => {
    const { managedFields: _, ...kept } = metadata;
    const rest = { spec: { versions: {} }, status: { phase: "Idle" } };
    expect(keepWhole(object(rest))).toEqual({ ...object(rest), metadata: { ...kept, annotations: { note: "kept" } } });
  });

  it("of a route: that it is there, and in which version", () => {
    expect(keepName(object({ spec: {} }))).toEqual({ apiVersion: "v1", kind: "X", metadata: identity });
  });

  it("of a Pod: its labels", () => {
    const kept = keepLabels(object({ spec: {}, status: {} }));
    expect(kept).toEqual({ apiVersion: "v1", kind: "X", metadata: { ...identity, labels: { app: "a" } } });
  });

  it("of a Deployment: selector, counts, and a hash in place of the template", () => {
    const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "a", image: "a" }] } };
    const status = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 1 };
    const selector = { matchLabels: { app: "a" } };
    const full = object({
      spec: { replicas: 2, selector, template, strategy: {} },
      status: { ...status, conditions: [] },
    });
    expect(keepDeployment(full)).toEqual({
      apiVersion: "v1",
      kind: "X",
      metadata: { ...identity, generation: 3 },
      spec: { replicas: 2, selector },
      status,
      templateHash: templateHash(template),
    });
  });

  it("of an EndpointSlice: its labels, and who is ready", () => {
    const endpoint = {
      conditions: { ready: true },
      targetRef: { kind: "Pod", name: "p", uid: "u" },
      addresses: ["10.0.0.1"],
    };
    expect(keepSlice(object({ endpoints: [endpoint] })).endpoints).toEqual([
      { conditions: { ready: true }, targetRef: { kind: "Pod", name: "p" } },
    ]);
    expect(keepSlice(object({ endpoints: null })).endpoints).toEqual([]);
  });

  it("of a Namespace: whether it ends", () => {
    expect(keepNamespace(object({ status: { phase: "Terminating", conditions: [] } })).status).toEqual({
      phase: "Terminating",
    });
  });
});
