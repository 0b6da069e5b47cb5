// Questions of a client: who am I, may I, may somebody else. Every caller is an administrator of the sandbox.

import type { IncomingMessage } from "node:http";
import type { Clock } from "../../../ports/clock.ts";
import { badRequest } from "./api-call.ts";
import { REVIEWS } from "./api-groups.ts";
import { mediaType, parseBody, readBody } from "./body.ts";
import type { User } from "./credentials.ts";
import { json, type Reply } from "./reply.ts";
import type { ResourcePath } from "./request-path.ts";
import { methodNotAllowed } from "./status.ts";

/** The answer when the path is one of a review, else undefined. */
export function answerReview(
  request: IncomingMessage,
  path: ResourcePath,
  asker: { user: User; clock: Clock },
): Promise<Reply> | undefined {
  const known = REVIEWS.find(({ group, plural }) => path.group === group && path.plural === plural);
  if (known === undefined || path.version !== "v1" || path.name !== undefined) return undefined;
  return answer(request, `${known.group}/v1`, known.kind, asker);
}

async function answer(
  request: IncomingMessage,
  apiVersion: string,
  kind: string,
  { user, clock }: { user: User; clock: Clock },
): Promise<Reply> {
  if (request.method !== "POST") throw methodNotAllowed();
  const { value } = await parseBody(await readBody(request), mediaType(request.headers["content-type"]));
  const asked = value as { apiVersion?: unknown; kind?: unknown; spec?: object } | null;
  if (typeof asked !== "object" || asked === null) throw badRequest("an object is expected");
  if ((asked.kind ?? kind) !== kind || (asked.apiVersion ?? apiVersion) !== apiVersion)
    throw badRequest(
      `the object is a ${String(asked.kind)} in ${String(asked.apiVersion)}, but the path takes a ${kind} in ${apiVersion}`,
    );
  const creationTimestamp = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  const base = { kind, apiVersion, metadata: kind === "SelfSubjectReview" ? { creationTimestamp } : {} };
  if (kind === "SelfSubjectReview")
    return json({ ...base, status: { userInfo: { username: user.name, groups: user.groups } } }, 201);
  if (kind === "SelfSubjectAccessReview" || kind === "SubjectAccessReview")
    return json({ ...base, spec: asked.spec ?? {}, status: { allowed: true } }, 201);
  return json({ ...base, spec: asked.spec ?? {}, status: EVERYTHING }, 201);
}

const EVERYTHING = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  incomplete: false,
};
