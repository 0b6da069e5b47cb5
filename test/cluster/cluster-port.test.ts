// The cluster port's conformance suite against a real API server, through the Kubernetes adapter. What the sandbox is held to
// in testbed/conformance/cluster/sandbox.test.ts is what the real thing does.

import { beforeAll, describe, test } from "vitest";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { runCase, SUITE } from "../../testbed/conformance/cluster/suite.ts";
import { realClock } from "../../testbed/conformance/cluster/surroundings.ts";

let cluster: Cluster;

beforeAll(async () => {
  ({ cluster } = await connect({ env: process.env, clock: realClock }));
});

describe.each(Object.entries(SUITE))("%s", (_, cases) => {
  // "short history" needs a server that forgets old versions at once; a real one keeps them for minutes.
  const possible = cases.filter(({ needs }) => needs !== "short history");
  test.each(possible.map((each) => [each.name, each] as const))("%s", (_, each) => runCase(cluster, each));
});
