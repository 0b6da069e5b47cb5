import { expect, test } from "vitest";
import { HAND_WRITTEN } from "../cases/all.ts";
import { live } from "../run.ts";
import { type Possible, whyLeftOut } from "./left-out.ts";

const STOCK: Possible = {
  ingress: { namespace: "istio-system", servicePorts: [15_021, 80, 443] },
  ports: [80, 8_081],
  workers: 1,
  serves: async () => true,
};
const cases = live(HAND_WRITTEN);

async function reasons(possible: Partial<Possible>): Promise<Set<string>> {
  const all = await Promise.all(cases.map((each) => whyLeftOut(each, { ...STOCK, ...possible })));
  return new Set(all.filter((each) => each !== undefined));
}

test("a stock installation with one thread is asked everything but what its Service has no port for", async () => {
  expect([...(await reasons({ ingress: { namespace: "istio-system", servicePorts: [80, 8_081] } }))]).toEqual([]);
  expect([...(await reasons({}))]).toEqual([expect.stringContaining("the gateway's Service has no port 8081")]);
});

test.each<[string, Partial<Possible>]>([
  ["no address of Gateway port 8081 was given", { ports: [80] }],
  [
    "it names istio-system, but the gateway runs in istio-ingress",
    { ingress: { namespace: "istio-ingress", servicePorts: [80] } },
  ],
  ["the gateway's Envoy has 2 threads, each with connections of its own", { workers: 2 }],
  ["the cluster does not know HTTPRoute of", { serves: async (_, kind) => kind !== "HTTPRoute" }],
])("%s", async (reason, possible) => {
  expect([...(await reasons(possible))]).toContainEqual(expect.stringContaining(reason));
});
