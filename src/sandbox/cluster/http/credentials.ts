// Who may speak to the sandbox API: the bearer of the token that lies beside the kubeconfig, as an administrator.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { userInfo } from "node:os";
import { join } from "node:path";
import { readText, writePrivate } from "./private-file.ts";

export interface User {
  name: string;
  groups: string[];
}

export interface Credentials {
  token: string;
  user: User;
}

/** The token of `directory`, made at first start and stable from then on. */
export function ensureCredentials(directory: string): Credentials {
  const file = join(directory, "token");
  const kept = readText(file)?.trim();
  const token = kept !== undefined && /^[\w-]{40,}$/.test(kept) ? kept : randomBytes(32).toString("base64url");
  if (token !== kept) writePrivate(file, `${token}\n`);
  return { token, user: { name: loginName(), groups: ["system:masters", "system:authenticated"] } };
}

/** The user of a request's headers, or undefined when they do not hold the token. */
export function authenticate(headers: IncomingHttpHeaders, { token, user }: Credentials): User | undefined {
  const given = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (given === undefined || !sameText(given, token)) return undefined;
  return impersonated(headers) ?? user;
}

/**
 * An administrator may speak as somebody else (`kubectl --as`): https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 * Only the name changes: the sandbox lets everybody do everything.
 */
function impersonated(headers: IncomingHttpHeaders): User | undefined {
  const name = headers["impersonate-user"];
  if (typeof name !== "string" || name === "") return undefined;
  const group = headers["impersonate-group"];
  // Node joins repeated headers with commas.
  const groups = typeof group === "string" ? group.split(",").map((each) => each.trim()) : [];
  return { name, groups: [...groups, "system:authenticated"] };
}

/** In a time that does not depend on where the texts differ. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the user database, as in some containers.
    return "admin";
  }
}
