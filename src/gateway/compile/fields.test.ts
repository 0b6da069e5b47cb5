import { expect, test } from "vitest";
import { unsupportedFields } from "./fields.ts";

const fields = (...args: Parameters<typeof unsupportedFields>) => unsupportedFields(...args).map(({ field }) => field);

test("a story's objects have none", () => {
  const http = [
    {
      match: [{ uri: { prefix: "/" } }],
      route: [{ destination: { host: "echo", subset: "v1", port: { number: 80 } }, weight: 80 }],
    },
  ];
  expect(fields("VirtualService", { hosts: ["*"], gateways: ["gw"], http })).toEqual([]);
  expect(fields("DestinationRule", { host: "echo", subsets: [{ name: "v1", labels: { version: "v1" } }] })).toEqual([]);
  expect(
    fields("Gateway", {
      selector: { istio: "ingressgateway" },
      servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
    }),
  ).toEqual([]);
});

test("each is named by its path, in lists and maps too", () => {
  expect(
    fields("VirtualService", {
      tcp: [],
      http: [{}, { match: [{ headers: { a: { suffix: "x" } } }], fault: { abort: { http2Error: "x" } } }],
    }),
  ).toEqual(["spec.tcp", 'spec.http[1].match[0].headers["a"].suffix', "spec.http[1].fault.abort.http2Error"]);
  expect(
    fields("DestinationRule", {
      subsets: [{ name: "v1", trafficPolicy: { tls: { mode: "X_MUTUAL" }, tunnel: {} } }],
    }),
  ).toEqual(["spec.subsets[0].trafficPolicy.tls.mode", "spec.subsets[0].trafficPolicy.tunnel"]);
});

test("names that objects inherit are no fields, and null is unset", () => {
  expect(fields("VirtualService", JSON.parse('{"constructor": 1, "__proto__": {}, "http": null}'))).toEqual([
    "spec.constructor",
    "spec.__proto__",
  ]);
});
