// Definitions of the largest size that is published, with real kubectl: written here, so that no module is needed. Others' definitions
// are in test/cluster/published-definitions.test.ts.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kubectl, kubectlOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let kubectl: Kubectl;

beforeAll(async () => {
  api = await startSandboxApi();
  kubectl = kubectlOf(api);
});

afterAll(async () => {
  expect(api.complaints).toEqual([]);
  await api.stop();
});

const PROSE = "Says at length what the field is for, as generated definitions do. ".repeat(8);

/** A tree of objects: `breadth` fields on each level, each with prose, limits and a rule. */
function tree(depth: number, breadth: number): object {
  if (depth === 0)
    return { type: "string", description: PROSE, maxLength: 20, pattern: "^(?i)[a-z]+$", default: "leaf" };
  const properties = Object.fromEntries(Array.from({ length: breadth }, (_, i) => [`f${i}`, tree(depth - 1, breadth)]));
  const rule = { rule: "!has(self.f0) || self.f0 != 'no'", message: "f0 must not say no" };
  return {
    type: "object",
    description: PROSE,
    properties,
    ...(depth === 1 ? { "x-kubernetes-validations": [rule] } : {}),
  };
}

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "giants.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Giant", plural: "giants", shortNames: ["gi"] },
    versions: ["v1", "v1beta1"].map((name) => ({
      name,
      served: true,
      storage: name === "v1",
      schema: { openAPIV3Schema: { type: "object", properties: { spec: tree(4, 5) } } },
      additionalPrinterColumns: [{ name: "First", type: "string", jsonPath: ".spec.f0.f0.f0.f0" }],
    })),
  },
};

const giant = (f0: string) =>
  JSON.stringify({
    apiVersion: "example.com/v1",
    kind: "Giant",
    metadata: { name: "g" },
    spec: { f0: { f0: { f0: { f0 } } } },
  });

test("a definition of 1 MB: too large for client-side apply, taken by server-side apply, and served", async () => {
  const text = JSON.stringify(definition);
  expect(text.length).toBeGreaterThan(900_000);
  expect((await kubectl.run(["apply", "-f", "-"], text)).stderr).toContain(
    "Too long: may not be more than 262144 bytes",
  );
  expect(await kubectl.with(text, "apply", "--server-side", "-f", "-")).toContain("serverside-applied");
  await kubectl("wait", "--for=condition=Established", "crd/giants.example.com", "--timeout=10s");
  expect(await kubectl.with(giant("YES"), "apply", "-f", "-")).toBe("giant.example.com/g created\n");
  expect(await kubectl("get", "gi")).toMatch(/^NAME +FIRST\ng +YES\n$/);
  expect(
    await kubectl("get", "giants.v1beta1.example.com", "g", "-o", "jsonpath={.apiVersion} {.spec.f0.f0.f0.f1}"),
  ).toBe("example.com/v1beta1 leaf");
  expect((await kubectl.run(["apply", "-f", "-"], giant("no"))).stderr).toContain("f0 must not say no");
  expect((await kubectl.run(["apply", "-f", "-"], giant("a1"))).stderr).toContain("should match '^(?i)[a-z]+$'");
  expect(await kubectl("explain", "giant.spec.f0.f1")).toContain("Says at length");
});

test("a definition that comes again unchanged stays as it is; one that goes takes its objects along", async () => {
  const version = () => kubectl("get", "crd", "giants.example.com", "-o", "jsonpath={.metadata.resourceVersion}");
  const before = await version();
  await kubectl.with(JSON.stringify(definition), "apply", "--server-side", "-f", "-");
  expect(await version()).toBe(before);
  await kubectl("delete", "crd", "giants.example.com", "--timeout=20s");
  const gone = await kubectl.run(["get", "--raw", "/apis/example.com/v1/namespaces/default/giants"]);
  expect(gone.stderr).toContain("the server could not find the requested resource");
});

test("a definition in a group of Kubernetes' own needs its approval, and says where it was given", async () => {
  const own = (annotations: object) =>
    JSON.stringify({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "xs.example.k8s.io", annotations },
      spec: {
        group: "example.k8s.io",
        scope: "Cluster",
        names: { kind: "X", plural: "xs" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    });
  const refused = await kubectl.run(["create", "-f", "-"], own({}));
  expect(refused.stderr).toContain("protected groups must have approval annotation");
  await kubectl.with(own({ "api-approved.kubernetes.io": "https://example.com/1" }), "create", "-f", "-");
  await kubectl(
    "wait",
    "--for=condition=KubernetesAPIApprovalPolicyConformant",
    "crd/xs.example.k8s.io",
    "--timeout=5s",
  );
});
