// Consistent hashing by rendezvous: the endpoint with the highest score of key and address. Equal keys go to equal endpoints, and
// an endpoint that comes or goes moves no key but its own share. Envoy's ring or Maglev table need not agree on which endpoint.

import type { Random } from "../random.ts";
import { queryParam, type RequestView } from "../routing/match.ts";
import type { HashPolicy } from "../routing/table.ts";

/** What is known of a request beside its head. */
export interface HashedRequest extends RequestView {
  clientAddress: string;
  /** Both ends with their ports. */
  connection: string;
  /** Set-Cookie that the load balancer gives the client. */
  cookie: string | undefined;
}

export interface HashKey {
  hash: number;
  /** Set-Cookie for the answer: the client came without the cookie. */
  cookie: string | undefined;
}

/** A request without the header, cookie or parameter goes anywhere. */
export function hashKeyOf(policy: HashPolicy, request: HashedRequest, random: Random): HashKey {
  const { text, cookie } = keyTextOf(policy, request);
  return { hash: text === undefined ? Math.floor(random() * 2 ** 32) : hashOf(text), cookie };
}

function keyTextOf(policy: HashPolicy, request: HashedRequest): { text: string | undefined; cookie?: string } {
  switch (policy.by) {
    case "header":
      return { text: request.header(policy.name)?.join(",") };
    case "queryParam":
      return { text: queryParam(request.query, policy.name) };
    case "sourceIp":
      return { text: request.clientAddress };
    case "cookie": {
      const text = cookieOf((request.header("cookie") ?? []).join(";"), policy.name);
      if (text !== undefined || policy.ttlSeconds === undefined) return { text };
      // The same for all requests of a connection, so that several at once get one cookie.
      const made = hex64(request.connection);
      return { text: made, cookie: setCookie(policy, policy.ttlSeconds, made) };
    }
  }
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const [key, value] = pair.trim().split("=", 2) as [string, string?];
    if (key === name && value) return value.replace(/^"(.*)"$/, "$1");
  }
  return undefined;
}

function setCookie(policy: HashPolicy & { by: "cookie" }, ttlSeconds: number, value: string): string {
  const age = ttlSeconds === 0 ? "" : `; Max-Age=${ttlSeconds}`;
  const path = policy.path === "" ? "" : `; Path=${policy.path}`;
  const attributes = policy.attributes.map(({ name, value }) => (value === "" ? `; ${name}` : `; ${name}=${value}`));
  return `${policy.name}="${value}"${age}${path}${attributes.join("")}; HttpOnly`;
}

/** Items must not be empty. */
export function pickByHash<T>(items: readonly T[], hashes: readonly number[], key: number): T {
  let best = 0;
  let bestScore = -1;
  for (let i = 0; i < items.length; i++) {
    const score = mix(key ^ hashes[i]!);
    if (score > bestScore) [best, bestScore] = [i, score];
  }
  return items[best]!;
}

/** FNV-1a, then mixed: https://datatracker.ietf.org/doc/draft-eastlake-fnv/ */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** MurmurHash3's finalizer. */
function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex64(text: string): string {
  return [hashOf(text), hashOf(`${text}#`)].map((half) => half.toString(16).padStart(8, "0")).join("");
}
