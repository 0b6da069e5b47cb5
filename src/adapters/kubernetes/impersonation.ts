// Acting as somebody else: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

import { ConfigurationError, type KubeconfigUser } from "./kubeconfig-file.ts";

export interface Impersonation {
  as?: string;
  asGroups?: readonly string[];
  asUid?: string;
}

/** What the caller asks for comes before what the kubeconfig's user says, as a whole. */
export function impersonationHeaders(asked: Impersonation, user: KubeconfigUser): Record<string, string | string[]> {
  const { as, asGroups = [], asUid, extra = {} } = asked.as === undefined ? merged(asked, user) : { ...asked };
  if (as === undefined || as === "") {
    if (asGroups.length === 0 && asUid === undefined) return {};
    throw new ConfigurationError("a group to act in needs a user to act as: add --as NAME");
  }
  const headers: Record<string, string | string[]> = { "impersonate-user": as };
  if (asGroups.length > 0) headers["impersonate-group"] = [...asGroups];
  if (asUid !== undefined) headers["impersonate-uid"] = asUid;
  for (const [key, values] of Object.entries(extra))
    headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = values;
  return headers;
}

interface Whole extends Impersonation {
  extra?: Record<string, string[]>;
}

function merged({ asGroups, asUid }: Impersonation, user: KubeconfigUser): Whole {
  const groups = asGroups?.length ? asGroups : user["as-groups"];
  return {
    as: user.as,
    asGroups: groups ?? [],
    asUid: asUid ?? user["as-uid"],
    extra: user["as-user-extra"] ?? {},
  };
}
