// Which VirtualService a request belongs to: names, wildcards, several objects on one host, namespaces, ports of the gateway.

import type { DifferentialCase } from "../case.ts";
import { hosts, many, one, paths, V1, V2 } from "./shapes.ts";

const answer = (body: string) => ({ directResponse: { status: 200, body: { string: body } } });

export const HOST_CASES: readonly DifferentialCase[] = [
  one(
    "hosts",
    "exact, in any case, with any port",
    [{ route: V1 }],
    hosts("case.test", "CASE.test", "case.test:80", "case.test:12345", "x.case.test", "xcase.test"),
  ),
  many(
    "hosts",
    "the longest wildcard wins, an exact name before it",
    [
      { hosts: ["*.case.test"], http: [answer("wildcard")] },
      { hosts: ["a.case.test"], http: [answer("exact")] },
      { hosts: ["*.b.case.test"], http: [answer("longer")] },
    ],
    hosts(
      "a.case.test",
      "b.case.test",
      "x.b.case.test",
      "y.x.b.case.test",
      "z.a.case.test",
      "case.test",
      ".case.test",
      "A.CASE.test",
    ),
  ),
  many(
    "hosts",
    "a more specific host hides all routes of a wildcard",
    [
      { hosts: ["a.case.test"], http: [{ match: [{ uri: { exact: "/x" } }], ...answer("exact") }] },
      { hosts: ["*.case.test"], http: [answer("wildcard")] },
    ],
    [
      { host: "a.case.test", path: "/x" },
      { host: "a.case.test", path: "/y" },
      { host: "b.case.test", path: "/y" },
    ],
  ),
  many(
    "hosts",
    "several objects on one host are joined in order",
    [
      { http: [{ match: [{ uri: { prefix: "/a" } }], ...answer("first a") }] },
      {
        http: [
          { match: [{ uri: { prefix: "/a" } }], ...answer("second a") },
          { match: [{ uri: { prefix: "/b" } }], ...answer("second b") },
        ],
      },
    ],
    paths("/a", "/b", "/c"),
  ),
  many(
    "hosts",
    "a route for everything goes to the end of joined ones",
    [
      { http: [{ match: [{ uri: { prefix: "/a" } }], ...answer("first a") }, answer("first rest")] },
      { http: [{ match: [{ uri: { prefix: "/b" } }], ...answer("second b") }, answer("second rest")] },
    ],
    paths("/a", "/b", "/c"),
  ),
  many(
    "hosts",
    "a prefix of / goes to the end as well",
    [
      { http: [{ match: [{ uri: { prefix: "/" } }], ...answer("first") }] },
      { http: [{ match: [{ uri: { exact: "/b" } }], ...answer("second") }] },
    ],
    paths("/a", "/b"),
  ),
  many(
    "hosts",
    "a regex of .* goes to the end as well",
    [
      { http: [{ match: [{ uri: { regex: ".*" } }], ...answer("first") }] },
      { http: [{ match: [{ uri: { exact: "/b" } }], ...answer("second") }] },
    ],
    paths("/a", "/b"),
  ),
  many(
    "hosts",
    "a condition keeps a prefix of / in its place",
    [
      { http: [{ match: [{ uri: { prefix: "/" }, headers: { "x-a": {} } }], ...answer("first") }] },
      { http: [{ match: [{ uri: { exact: "/b" } }], ...answer("second") }] },
    ],
    [{ path: "/b" }, { path: "/b", headers: [["x-a", "1"]] }],
  ),
  one(
    "hosts",
    "what stands behind a route for everything is not reached",
    [{ route: V1 }, { match: [{ uri: { exact: "/a" } }], route: V2 }],
    paths("/a", "/b"),
  ),
  many(
    "hosts",
    "several hosts in one object",
    [{ hosts: ["a.case.test", "b.case.test", "*.c.case.test"], http: [{ route: V1 }] }],
    hosts("a.case.test", "b.case.test", "x.c.case.test", "c.case.test", "d.case.test"),
  ),
  many(
    "hosts",
    "written in capitals",
    [{ hosts: ["Big.case.test"], http: [{ route: V1 }] }],
    hosts("big.case.test", "BIG.case.test"),
  ),
  many(
    "hosts",
    "in another namespace, the destination named in full",
    [{ namespace: "other", http: [{ route: V1 }] }],
    [{}],
  ),
  many(
    "hosts",
    "in another namespace, a short destination is of that namespace",
    [{ namespace: "other", http: [{ route: [{ destination: { host: "echo" } }] }] }],
    [{}],
  ),
  many(
    "hosts",
    "a short destination in its own namespace",
    [{ http: [{ route: [{ destination: { host: "alone" } }] }] }],
    [{}],
  ),
  many(
    "hosts",
    "a destination of name and namespace",
    [{ http: [{ route: [{ destination: { host: "alone.default" } }] }] }],
    [{}],
  ),
  many("hosts", "exported to its own namespace only", [{ exportTo: ["."], http: [{ route: V1 }] }], [{}]),
  many("hosts", "exported to the gateway's namespace", [{ exportTo: ["istio-system"], http: [{ route: V1 }] }], [{}]),
  many("hosts", "exported to all", [{ exportTo: ["*"], http: [{ route: V1 }] }], [{}]),
  many("hosts", "bound to no gateway but the mesh", [{ gateways: ["mesh"], http: [{ route: V1 }] }], [{}]),
  many(
    "hosts",
    "bound to the mesh and the gateway",
    [{ gateways: ["mesh", "default/suite-gateway"], http: [{ route: V1 }] }],
    [{}],
  ),
  many("hosts", "bound by the gateway's short name", [{ gateways: ["suite-gateway"], http: [{ route: V1 }] }], [{}]),
  many(
    "hosts",
    "bound by the gateway's short name from elsewhere",
    [{ namespace: "other", gateways: ["suite-gateway"], http: [{ route: V1 }] }],
    [{}],
  ),
  many("hosts", "bound to a gateway that is not there", [{ gateways: ["default/none"], http: [{ route: V1 }] }], [{}]),
  {
    feature: "gateways",
    name: "gateways: a Gateway that shares the port, with hosts of its own",
    objects: [
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: "case-gateway", namespace: "default" },
        spec: {
          selector: { istio: "ingressgateway" },
          servers: [
            {
              port: { number: 80, name: "http-80", protocol: "HTTP" },
              hosts: ["*.case.test", "other/x.case.test", "./y.case.test"],
            },
          ],
        },
      },
    ],
    routes: [{ gateways: ["case-gateway"], hosts: ["a.case.test", "case.test"], http: [{ route: V1 }] }],
    requests: [...hosts("a.case.test", "case.test", "b.case.test"), { host: "a.case.test", port: 8081 }],
  },
  {
    feature: "gateways",
    name: "gateways: a wildcard VirtualService narrowed by the Gateway's hosts",
    objects: [
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: "case-gateway", namespace: "default" },
        spec: {
          selector: { istio: "ingressgateway", app: "istio-ingressgateway" },
          servers: [{ port: { number: 80, name: "http-80", protocol: "HTTP" }, hosts: ["a.case.test"] }],
        },
      },
    ],
    routes: [{ gateways: ["case-gateway"], hosts: ["*.case.test"], http: [{ route: V1 }] }],
    requests: hosts("a.case.test", "b.case.test"),
  },
  {
    feature: "gateways",
    name: "gateways: hosts for one namespace only",
    objects: [
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: "case-gateway", namespace: "default" },
        spec: {
          selector: { istio: "ingressgateway" },
          servers: [
            {
              port: { number: 80, name: "http-80", protocol: "HTTP" },
              hosts: ["other/*.case.test", "./own.case.test"],
            },
          ],
        },
      },
    ],
    routes: [
      { namespace: "default", gateways: ["case-gateway"], hosts: ["a.case.test"], http: [{ route: V1 }] },
      { namespace: "other", gateways: ["default/case-gateway"], hosts: ["b.case.test"], http: [{ route: V1 }] },
      { namespace: "default", gateways: ["case-gateway"], hosts: ["own.case.test"], http: [{ route: V2 }] },
    ],
    requests: hosts("a.case.test", "b.case.test", "own.case.test"),
  },
  {
    feature: "gateways",
    name: "gateways: a selector that matches nothing",
    objects: [
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name: "case-gateway", namespace: "default" },
        spec: {
          selector: { istio: "egressgateway" },
          servers: [{ port: { number: 80, name: "http-80", protocol: "HTTP" }, hosts: ["*"] }],
        },
      },
    ],
    routes: [{ gateways: ["case-gateway"], http: [{ route: V1 }] }],
    requests: [{}],
  },
];
