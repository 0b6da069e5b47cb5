import { expect, test } from "vitest";
import { impersonationHeaders } from "./impersonation.ts";

const user = {
  as: "robot",
  "as-groups": ["a", "b"],
  "as-uid": "7",
  "as-user-extra": { "example.com/Team": ["x", "y"] },
};

test("the kubeconfig's user may act as another", () => {
  expect(impersonationHeaders({}, user)).toEqual({
    "impersonate-user": "robot",
    "impersonate-group": ["a", "b"],
    "impersonate-uid": "7",
    "impersonate-extra-example.com%2Fteam": ["x", "y"],
  });
});

test("flags replace it as a whole", () => {
  expect(impersonationHeaders({ as: "jane", asGroups: ["dev", "ops"] }, user)).toEqual({
    "impersonate-user": "jane",
    "impersonate-group": ["dev", "ops"],
  });
  expect(impersonationHeaders({ as: "jane" }, user)).toEqual({ "impersonate-user": "jane" });
});

test("groups need a user", () => {
  expect(() => impersonationHeaders({ asGroups: ["dev"] }, {})).toThrow("add --as NAME");
  expect(impersonationHeaders({}, {})).toEqual({});
});
