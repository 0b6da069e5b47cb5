import { expect, test } from "vitest";
import { parseResourcePath } from "./request-path.ts";

test.each([
  ["/api/v1/pods", { group: "", version: "v1", plural: "pods" }],
  ["/api/v1/namespaces/a/pods", { group: "", version: "v1", namespace: "a", plural: "pods" }],
  [
    "/api/v1/namespaces/a/pods/b/log",
    { group: "", version: "v1", namespace: "a", plural: "pods", name: "b", subresource: "log" },
  ],
  ["/api/v1/namespaces", { group: "", version: "v1", plural: "namespaces" }],
  ["/api/v1/namespaces/a", { group: "", version: "v1", plural: "namespaces", name: "a" }],
  ["/api/v1/namespaces/a/status", { group: "", version: "v1", plural: "namespaces", name: "a", subresource: "status" }],
  // A resource that happens to be called status, with a name.
  ["/api/v1/namespaces/a/status/b", { group: "", version: "v1", namespace: "a", plural: "status", name: "b" }],
  [
    "/apis/apps/v1/namespaces/a/deployments/b",
    { group: "apps", version: "v1", namespace: "a", plural: "deployments", name: "b" },
  ],
  [
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
    { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles", name: "system:node" },
  ],
  ["/apis/apps/v1/", undefined],
  ["/apis/apps", undefined],
  ["/api", undefined],
  ["/healthz", undefined],
  ["/api/v1/namespaces/a/pods/b/c/d", undefined],
  ["/api/v1//pods", undefined],
  ["/api/v1/pods/%zz", undefined],
])("%s", (path, expected) => {
  expect(parseResourcePath(path)).toEqual(expected);
});
