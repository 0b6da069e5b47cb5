import { expect, test } from "vitest";
import type { Pod, Service } from "../../../src/core/kubernetes/workload.ts";
import { podPortOf } from "./ingress.ts";
import { takers } from "./shared-hosts.ts";

const labels = { istio: "ingressgateway", app: "ingress" };
const metadata = (name: string, namespace = "theirs") => ({ name, namespace });
const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...metadata("gateway"), labels },
  spec: { containers: [{ name: "istio-proxy", image: "proxyv2", ports: [{ name: "web", containerPort: 8_088 }] }] },
};
const service = (selector: Record<string, string>, port: number, targetPort?: number | string): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: metadata("any"),
  spec: { selector, ports: [{ port, ...(targetPort === undefined ? {} : { targetPort }) }] },
});

test("a Gateway's port is the target port of the Service that has it, else the port itself", () => {
  const stock = [service({ istio: "egressgateway" }, 80, 1), service({ istio: "ingressgateway" }, 80, 8_080)];
  expect(podPortOf(80, pod, stock)).toBe(8_080);
  expect(podPortOf(8_081, pod, stock)).toBe(8_081);
  expect(podPortOf(80, pod, [service(labels, 80, "web")])).toBe(8_088);
  expect(podPortOf(80, pod, [service(labels, 80)])).toBe(80);
});

const gateway = (hosts: string[], number = 80, selector: Record<string, string> = { istio: "ingressgateway" }) => ({
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: metadata("web"),
  spec: { selector, servers: [{ port: { number }, hosts }] },
});
const route = (hosts: string[], gateways: string[] = ["web"]) => ({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: metadata("shop"),
  spec: { hosts, gateways },
});

test.each([
  ["everything", gateway(["*"]), route(["*"]), true],
  ["everything, by a gateway named in full", gateway(["*/*"]), route(["*"], ["theirs/web"]), true],
  ["a name under .test", gateway(["*"]), route(["shop.test"]), true],
  ["a gateway for .test", gateway(["a/*.test"]), route(["*"]), true],
  ["another name", gateway(["*"]), route(["shop.example"]), false],
  ["a gateway for other names", gateway(["*.example"]), route(["*"]), false],
  ["another port", gateway(["*"], 443), route(["*"]), false],
  ["another gateway's pods", gateway(["*"], 80, { istio: "other" }), route(["*"]), false],
  ["a gateway of the same name elsewhere", gateway(["*"]), route(["*"], ["elsewhere/web"]), false],
  ["the mesh only", gateway(["*"]), route(["*"], ["mesh"]), false],
])("whoever takes %s is in the suite's way or not", (_, gatewayOfTheirs, routeOfTheirs, isTaker) => {
  const found = takers({ gateways: [gatewayOfTheirs], routes: [routeOfTheirs], labels, ports: [80, 8_081] });
  expect(found).toEqual(isTaker ? ["VirtualService theirs/shop"] : []);
});
