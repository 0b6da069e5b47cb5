// The sentences are a real API server's.

import { expect, test } from "vitest";
import { missingPermission } from "./missing-permission.ts";

test.each([
  {
    says: 'virtualservices.networking.istio.io "echo" is forbidden: User "system:serviceaccount:serin-system:serin" cannot patch resource "virtualservices" in API group "networking.istio.io" in the namespace "shop"',
    cure: 'add this line to the rules of a Role in namespace shop, or a ClusterRole, bound to service account serin of namespace serin-system: - {apiGroups: ["networking.istio.io"], resources: ["virtualservices"], verbs: ["patch"]}',
  },
  {
    says: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
    cure: 'add this line to the rules of a ClusterRole bound to user "jane": - {apiGroups: [""], resources: ["pods"], verbs: ["list"]}',
  },
  {
    says: 'deployments.apps "a" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" in the namespace "default": RBAC: role "x" not found',
    cure: 'add this line to the rules of a Role in namespace default, or a ClusterRole, bound to user "jane": - {apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"]}',
  },
  {
    says: 'forbidden: User "system:anonymous" cannot get path "/version"',
    cure: 'add this line to the rules of a ClusterRole bound to user "system:anonymous": - {nonResourceURLs: ["/version"], verbs: ["get"]}',
  },
])("$says", ({ says, cure }) => {
  expect(missingPermission(says)).toContain(cure);
});

test.each([
  'pods "a" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
  'configmaps "a" is forbidden: unable to create new content in namespace x because it is being terminated',
])("what RBAC did not refuse needs no rule: %s", (says) => {
  expect(missingPermission(says)).toBeUndefined();
});
