// Where a matched request goes: weights, subsets, ports of Services, load balancing, and what is missing.

import type { CaseRequest, DifferentialCase } from "../case.ts";
import { destinationRule, service } from "../endpoints.ts";
import { one, to } from "./shapes.ts";

const times = (count: number) => [{ times: count }];
const split = (name: string, v1: number | undefined, v2: number | undefined, count: number): DifferentialCase =>
  one(
    "weights",
    name,
    [
      {
        route: [
          to("echo", "v1", v1 === undefined ? {} : { weight: v1 }),
          to("echo", "v2", v2 === undefined ? {} : { weight: v2 }),
        ],
      },
    ],
    times(count),
  );

const ECHO_PORTS = [{ name: "http", port: 80, targetPort: 0 }];

/** A rule of the case's own Service, which selects the echo endpoints. */
function ownRule(
  name: string,
  rule: Record<string, unknown>,
  route: readonly unknown[],
  requests: DifferentialCase["requests"],
  more: Partial<DifferentialCase> = {},
): DifferentialCase {
  const objects = [service("case-echo", { app: "echo" }, ECHO_PORTS), destinationRule("case-echo", rule)];
  return { ...one("rules", name, [{ route }], requests), objects, ...more };
}

const sticky = (extra: CaseRequest = {}, times = 24): CaseRequest => ({
  ...extra,
  times,
  byEndpoint: true,
  sticky: true,
});
/** Both endpoints are v1: only who must go to one of them shows which. */
const hashed = (name: string, consistentHash: unknown, requests: readonly CaseRequest[]): DifferentialCase => ({
  ...one("rules", `consistent hash, ${name}`, [{ route: [to("case-echo")] }], requests),
  objects: [
    service("case-echo", { version: "v1" }, ECHO_PORTS),
    destinationRule("case-echo", { trafficPolicy: { loadBalancer: { consistentHash } } }),
  ],
});

const HASHES: readonly DifferentialCase[] = [
  hashed("by a header", { httpHeaderName: "x-user" }, [
    sticky({ headers: [["x-user", "a"]] }),
    sticky({ headers: [["X-User", "b"]] }),
    sticky({}, 90),
  ]),
  hashed("by a query parameter", { httpQueryParameterName: "user" }, [
    sticky({ path: "/?user=a" }),
    sticky({ path: "/?x=1&user=b" }),
  ]),
  hashed("by the client's address", { useSourceIp: true }, [sticky()]),
  hashed("by a cookie that the client is given", { httpCookie: { name: "user", ttl: "60s", path: "/a" } }, [
    {},
    { path: "/a" },
    { headers: [["cookie", "other=1"]] },
    { headers: [["cookie", "user="]] },
    { method: "HEAD" },
    sticky({ headers: [["cookie", 'user="a"']] }),
    sticky({
      headers: [
        ["cookie", "other=1"],
        ["cookie", "x=2; user=b"],
      ],
    }),
  ]),
  hashed("by a cookie, ttl zero", { httpCookie: { name: "user", ttl: "0s" } }, [{}]),
  hashed("by a cookie without ttl", { httpCookie: { name: "user" } }, [{}, sticky({}, 90)]),
  hashed(
    "by a cookie with attributes",
    { httpCookie: { name: "user", ttl: "60s", attributes: [{ name: "Secure" }, { name: "SameSite", value: "Lax" }] } },
    [{}],
  ),
  hashed("by a ring of a size", { httpHeaderName: "x-user", ringHash: { minimumRingSize: 2048 } }, [
    sticky({ headers: [["x-user", "a"]] }),
  ]),
  hashed("by Maglev", { httpHeaderName: "x-user", maglev: { tableSize: 251 } }, [
    sticky({ headers: [["x-user", "a"]] }),
  ]),
  hashed("by a header, many keys", { httpHeaderName: "x-user" }, [
    ...["a", "b", "c", "d", "e", "f", "g", "h"].map((user) => sticky({ headers: [["x-user", user]] }, 6)),
  ]),
  hashed("by a cookie that is there", { httpCookie: { name: "user", ttl: "0s" } }, [
    sticky({ headers: [["cookie", "user=a"]] }),
  ]),
];

export const SPLIT_CASES: readonly DifferentialCase[] = [
  split("80 to 20", 80, 20, 1_000),
  split("50 to 50", 50, 50, 600),
  split("99 to 1", 99, 1, 1_000),
  split("below one percent", 995, 5, 2_000),
  split("a sum that is not 100", 3, 1, 600),
  split("a small sum", 1, 2, 600),
  split("all to one", 100, 0, 60),
  split("all to the other", 0, 100, 60),
  split("one without weight", 100, undefined, 60),
  split("large numbers", 1_000_000, 3_000_000, 400),
  one(
    "weights",
    "three ways",
    [
      {
        route: [
          to("echo", "v1", { weight: 60 }),
          to("echo", "v2", { weight: 30 }),
          to("alone", undefined, { weight: 10 }),
        ],
      },
    ],
    times(800),
  ),
  one("weights", "a single destination without weight", [{ route: [to("echo", "v2")] }], times(5)),
  one("weights", "a single destination with weight 0", [{ route: [to("echo", "v2", { weight: 0 })] }], times(5)),
  one("weights", "a single destination with a small weight", [{ route: [to("echo", "v2", { weight: 5 })] }], times(5)),
  one(
    "weights",
    "one part to a Service without endpoints",
    [{ route: [to("echo", "v1", { weight: 70 }), to("empty", undefined, { weight: 30 })] }],
    times(500),
  ),
  one(
    "weights",
    "one part to a subset that no rule defines",
    [{ route: [to("echo", "v1", { weight: 70 }), to("echo", "v9", { weight: 30 })] }],
    times(500),
  ),
  one(
    "weights",
    "each match of a route",
    [
      {
        match: [{ uri: { prefix: "/a" } }, { uri: { prefix: "/b" } }],
        route: [to("echo", "v1", { weight: 50 }), to("echo", "v2", { weight: 50 })],
      },
    ],
    [
      { path: "/a", times: 300 },
      { path: "/b", times: 300 },
    ],
  ),
  one(
    "weights",
    "with headers per destination",
    [
      {
        headers: { response: { set: { "x-route": "r" } } },
        route: [
          to("echo", "v1", {
            weight: 50,
            headers: { request: { set: { "x-to": "one" } }, response: { add: { "x-from": "one" } } },
          }),
          to("echo", "v2", {
            weight: 50,
            headers: { request: { set: { "x-to": "two" } }, response: { add: { "x-from": "two" } } },
          }),
        ],
      },
    ],
    times(300),
  ),
  one("subsets", "none: all endpoints of the Service", [{ route: [to("echo")] }], times(300)),
  one("subsets", "none: every endpoint gets its share", [{ route: [to("echo")] }], [{ times: 600, byEndpoint: true }]),
  one("subsets", "two endpoints in one", [{ route: [to("echo", "v1")] }], [{ times: 400, byEndpoint: true }]),
  one(
    "subsets",
    "one that no rule defines",
    [{ route: [to("echo", "v9")] }],
    [{}, { method: "HEAD" }, { method: "POST", body: "x" }],
  ),
  one("subsets", "of a Service without any rule", [{ route: [to("alone", "v1")] }], [{}]),
  one(
    "services",
    "unknown host",
    [{ route: [{ destination: { host: "nobody.default.svc.cluster.local" } }] }],
    [{}, { method: "HEAD" }],
  ),
  one("services", "unknown host, a short name", [{ route: [{ destination: { host: "nobody" } }] }], [{}]),
  one("services", "unknown host outside", [{ route: [{ destination: { host: "elsewhere.example" } }] }], [{}]),
  one("services", "no endpoints", [{ route: [to("empty")] }], [{}, { method: "HEAD" }, { method: "POST", body: "x" }]),
  one("services", "one port, its number left out", [{ route: [to("oddport")] }], [{}]),
  one("services", "one port, its number given", [{ route: [to("oddport", undefined, { port: 9090 })] }], [{}]),
  one("services", "a port that the Service lacks", [{ route: [to("oddport", undefined, { port: 80 })] }], [{}]),
  one("services", "two ports, the gateway's is taken", [{ route: [to("multi")] }], [{}, { port: 8081 }]),
  one("services", "two ports, one given", [{ route: [to("multi", undefined, { port: 8000 })] }], [{}]),
  one("services", "two ports, none is the gateway's", [{ route: [to("twoports")] }], [{}]),
  one("services", "two ports, the second given", [{ route: [to("twoports", undefined, { port: 82 })] }], [{}]),
  ownRule(
    "a subset by two labels",
    { subsets: [{ name: "both", labels: { version: "v1", mixed: "yes" } }] },
    [to("case-echo", "both")],
    [{ times: 20, byEndpoint: true }],
  ),
  ownRule(
    "a subset whose labels match nothing",
    { subsets: [{ name: "none", labels: { version: "v7" } }] },
    [to("case-echo", "none")],
    [{}],
  ),
  ownRule("a subset without labels", { subsets: [{ name: "all" }] }, [to("case-echo", "all")], times(300)),
  ownRule(
    "round robin",
    { trafficPolicy: { loadBalancer: { simple: "ROUND_ROBIN" } } },
    [to("case-echo")],
    [{ times: 90, byEndpoint: true }],
  ),
  ownRule(
    "random",
    { trafficPolicy: { loadBalancer: { simple: "RANDOM" } } },
    [to("case-echo")],
    [{ times: 600, byEndpoint: true }],
  ),
  ownRule(
    "least request",
    { trafficPolicy: { loadBalancer: { simple: "LEAST_REQUEST" } } },
    [to("case-echo")],
    [{ times: 600, byEndpoint: true }],
  ),
  ownRule(
    "a subset's own policy",
    {
      trafficPolicy: { loadBalancer: { simple: "RANDOM" } },
      subsets: [{ name: "v1", labels: { version: "v1" }, trafficPolicy: { loadBalancer: { simple: "ROUND_ROBIN" } } }],
    },
    [to("case-echo", "v1")],
    [{ times: 60, byEndpoint: true }],
  ),
  ...HASHES,
  {
    ...ownRule(
      "two rules on one host add their subsets",
      { subsets: [{ name: "v1", labels: { version: "v1" } }] },
      [to("case-echo", "v1", { weight: 50 }), to("case-echo", "v2", { weight: 50 })],
      times(400),
    ),
    objects: [
      service("case-echo", { app: "echo" }, ECHO_PORTS),
      { ...destinationRule("case-echo", { subsets: [{ name: "v1", labels: { version: "v1" } }] }) },
      {
        ...destinationRule("case-echo", { subsets: [{ name: "v2", labels: { version: "v2" } }] }),
        metadata: { name: "case-more", namespace: "default" },
      },
    ],
  },
  {
    ...ownRule("a rule of the gateway's namespace", {}, [to("case-echo", "v1")], times(3)),
    objects: [
      service("case-echo", { app: "echo" }, ECHO_PORTS),
      { ...destinationRule("case-echo"), metadata: { name: "case-echo", namespace: "istio-system" } },
    ],
  },
  {
    ...ownRule("a rule of a third namespace", {}, [to("case-echo", "v1")], times(3)),
    objects: [
      service("case-echo", { app: "echo" }, ECHO_PORTS),
      { ...destinationRule("case-echo"), metadata: { name: "case-echo", namespace: "other" } },
    ],
  },
  {
    ...ownRule("a rule that is not exported to the gateway", {}, [to("case-echo", "v1")], times(3)),
    objects: [service("case-echo", { app: "echo" }, ECHO_PORTS), destinationRule("case-echo", { exportTo: ["."] })],
  },
  {
    ...ownRule("a rule by the Service's short name", {}, [to("case-echo", "v2")], times(3)),
    objects: [service("case-echo", { app: "echo" }, ECHO_PORTS), destinationRule("case-echo", { host: "case-echo" })],
  },
];
