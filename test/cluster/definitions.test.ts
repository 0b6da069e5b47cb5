// Serin's CRDs, admission policy and roles on a real API server: accepted, established, and saying the same as the parser.

import { expect, test } from "vitest";
import { kubectlPath } from "../../scripts/kubectl.ts";
import { checkCrds, kubectlOf } from "../../testbed/conformance/crd-real.ts";

test("every sample, right and refusal is as expected", () => {
  const results = checkCrds(kubectlOf(kubectlPath(), process.env["KUBECONFIG"] ?? ""));
  expect(results.length).toBeGreaterThan(50);
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  console.log(`${results.length} checks`);
});
