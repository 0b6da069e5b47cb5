import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../../../core/kubernetes/resource.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import { openSandboxCluster } from "../open.ts";
import { gatewayApiDefinitions } from "../schema/builtin.ts";

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const clock: Clock = { now: () => Date.UTC(2026, 0, 1), after: () => () => {} };
const NAME = "httproutes.gateway.networking.k8s.io";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sandbox-install-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = () => openSandboxCluster({ dataFile: join(dir, "objects.db"), clock, log });
const categoriesOf = ({ spec }: KubeObject) => (spec as { names: { categories?: string[] } }).names.categories;

/** The published definition with a mark, as somebody would install another channel or release of it. */
function theirs(): KubeObject {
  const found = gatewayApiDefinitions().find((each) => (each as KubeObject).metadata.name === NAME) as KubeObject;
  const spec = structuredClone(found["spec"]) as { names: { categories?: string[] }; versions: { name: string }[] };
  spec.names.categories = ["theirs"];
  spec.versions[0]!.name = "v1";
  return { ...found, spec };
}

test("Gateway API is there from the start; what somebody applies replaces it without a conflict, and stays", async () => {
  const first = await open();
  const pinned = await first.cluster.get(CUSTOM_RESOURCE_DEFINITIONS, { name: NAME });
  expect(categoriesOf(pinned)).toEqual(["gateway-api"]);
  await first.cluster.apply(CUSTOM_RESOURCE_DEFINITIONS, theirs(), { fieldManager: "kubectl" });
  await first.close();
  const second = await open();
  expect(categoriesOf(await second.cluster.get(CUSTOM_RESOURCE_DEFINITIONS, { name: NAME }))).toEqual(["theirs"]);
  await second.close();
});

test("untouched, it is as it was at the next start, without a write", async () => {
  const first = await open();
  const before = await first.cluster.get(CUSTOM_RESOURCE_DEFINITIONS, { name: NAME });
  await first.close();
  const second = await open();
  expect(await second.cluster.get(CUSTOM_RESOURCE_DEFINITIONS, { name: NAME })).toEqual(before);
  await second.close();
});

test("whoever writes a kind of Gateway API that nothing reads here is told what to do instead", async () => {
  const { cluster, close } = await open();
  const [route] = structuredClone(gatewayApiDefinitions()) as [KubeObject];
  const names = { plural: "tlsroutes", singular: "tlsroute", kind: "TLSRoute", listKind: "TLSRouteList" };
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const spec = {
    group: "gateway.networking.k8s.io",
    scope: "Namespaced",
    names,
    versions: [{ name: "v1", served: true, storage: true, schema }],
  };
  const { annotations } = route.metadata;
  const metadata = { name: "tlsroutes.gateway.networking.k8s.io", annotations };
  await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, { ...route, metadata, spec });
  const resource = { group: spec.group, version: "v1", kind: "TLSRoute", plural: "tlsroutes", namespaced: true };
  const object = { apiVersion: `${spec.group}/v1`, kind: "TLSRoute", metadata: { name: "x", namespace: "default" } };
  const warnings: string[] = [];
  await cluster.create(resource, object, { onWarning: (text) => void warnings.push(text) });
  expect(warnings).toEqual([
    "the Serin sandbox's gateway reads no TLSRoute: pass TLS through by the tls routes of a VirtualService",
  ]);
  await close();
});
