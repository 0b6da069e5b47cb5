// Acting as somebody else: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

import { ConfigurationError, type KubeconfigUser } from "./kubeconfig-file.ts";

export interface Impersonation {
  as?: string;
  asGroups?: readonly string[];
  asUid?: string;
}

/** What the caller asks for comes before what the kubeconfig's user says. */
export function impersonationHeaders(asked: Impersonation, user: KubeconfigUser): Record<string, string | string[]> {
  const as = asked.as ?? user.as;
  const groups = asked.asGroups?.length ? asked.asGroups : asked.as === undefined ? (user["as-groups"] ?? []) : [];
  const uid = asked.asUid ?? (asked.as === undefined ? user["as-uid"] : undefined);
  const extra = asked.as === undefined ? (user["as-user-extra"] ?? {}) : {};
  if (as === undefined || as === "") {
    if (groups.length > 0 || uid !== undefined)
      throw new ConfigurationError("a group to act in needs a user to act as: add --as NAME");
    return {};
  }
  const headers: Record<string, string | string[]> = { "impersonate-user": as };
  if (groups.length > 0) headers["impersonate-group"] = [...groups];
  if (uid !== undefined) headers["impersonate-uid"] = uid;
  for (const [key, values] of Object.entries(extra))
    headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = values;
  return headers;
}
