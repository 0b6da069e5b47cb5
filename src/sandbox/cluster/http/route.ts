// Which handler answers a request: documents about the API first, then resources by method and shape of the path.

import type { IncomingMessage } from "node:http";
import type { Clock } from "../../../ports/clock.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { PodLogs } from "../../../ports/pod-logs.ts";
import type { PodPorts } from "../../../ports/pod-ports.ts";
import type { KnownResource, Registry } from "../registry.ts";
import { refuseAbsent } from "./absent-subresources.ts";
import { negotiate } from "./accept.ts";
import type { ApiCall } from "./api-call.ts";
import { isNamespace, isPod } from "./api-groups.ts";
import type { User } from "./credentials.ts";
import { deleteAll, deleteOne } from "./delete-objects.ts";
import type { Discovery } from "./discovery.ts";
import type { OpenApi } from "./openapi.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { readPodLog } from "./pod-log.ts";
import { forwardPorts } from "./port-forward/forward-ports.ts";
import { isWatch } from "./query.ts";
import { readList, readOne } from "./read-objects.ts";
import { json, plain, type Reply } from "./reply.ts";
import { parseResourcePath, type ResourcePath } from "./request-path.ts";
import { answerReview } from "./reviews.ts";
import { patchScale, readScale, updateScale } from "./scale.ts";
import { methodNotAllowed, notAcceptable, notServed, statusOf } from "./status.ts";
import { VERSION } from "./version.ts";
import { watchObjects } from "./watch-objects.ts";
import { createOne, patchOne, updateOne } from "./write-objects.ts";

export interface Api {
  registry: Registry;
  clusterAs(user: User): Cluster;
  podLogs: PodLogs | undefined;
  podPorts: PodPorts | undefined;
  clock: Clock;
  discovery: Discovery;
  openApi: OpenApi;
}

/** The reply to a request of a known user. Refusals become Status objects; never rejects. */
export async function route(api: Api, request: IncomingMessage, user: User): Promise<Reply> {
  const url = new URL(request.url ?? "/", "https://localhost");
  const path = parseResourcePath(url.pathname);
  const resource = path === undefined ? undefined : api.registry.find(path);
  try {
    return (
      aboutApi(api, request, url) ??
      (path === undefined ? undefined : await answerReview(request, path, { user, clock: api.clock })) ??
      (await aboutResource(api, { request, url, user, path, resource }))
    );
  } catch (error) {
    const status = statusOf(error, path);
    return { ...json(status, status.code), headers: retryHeaders(status.details?.retryAfterSeconds) };
  }
}

function aboutApi(api: Api, request: IncomingMessage, url: URL): Reply | undefined {
  const { pathname } = url;
  const headers = {
    accept: request.headers.accept,
    "if-none-match": request.headers["if-none-match"],
  };
  const reply = aboutApiByPath(api, pathname, headers);
  if (reply !== undefined && request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  return reply;
}

function aboutApiByPath(
  api: Api,
  pathname: string,
  headers: { accept?: string; "if-none-match"?: string },
): Reply | undefined {
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(pathname)) return plain("ok");
  if (pathname === "/version") return json(VERSION);
  if (pathname === "/") return json({ paths: rootPaths(api) });
  if (pathname === "/openapi/v2") return openApiV2(headers.accept);
  if (pathname.startsWith("/openapi/")) return api.openApi.reply(pathname, headers);
  return api.discovery.reply(pathname, headers);
}

function rootPaths({ discovery }: Api): string[] {
  const groups = discovery.groups().filter(({ name }) => name !== "");
  const paths = groups.flatMap(({ name, versions }) => [
    `/apis/${name}`,
    ...versions.map(({ version }) => `/apis/${name}/${version}`),
  ]);
  return ["/api", "/api/v1", "/apis", ...paths, "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"].sort();
}

interface Request {
  request: IncomingMessage;
  url: URL;
  user: User;
  path: ResourcePath | undefined;
  resource: KnownResource | undefined;
}

async function aboutResource(api: Api, { request, url, user, path, resource }: Request): Promise<Reply> {
  if (path === undefined) return plain("404 page not found\n", 404);
  // A path of a group that is not served at all is no resource path to begin with.
  if (resource === undefined) return isServed(api, path) ? notServedReply() : plain("404 page not found\n", 404);
  if (path.namespace !== undefined && !resource.namespaced) throw notServed();
  const wanted = negotiate(request.headers.accept);
  const handle = handlerOf(request.method ?? "GET", path, resource, url.searchParams);
  if (wanted === undefined) {
    // A log has a media type of its own, a tunnel none.
    if (path.subresource !== "log" && path.subresource !== "portforward") throw notAcceptable();
  }
  return handle({
    request,
    path,
    query: url.searchParams,
    resource,
    wanted: wanted ?? { format: "json" },
    cluster: api.clusterAs(user),
    podLogs: api.podLogs,
    podPorts: api.podPorts,
    clock: api.clock,
  });
}

function notServedReply(): Reply {
  const status = statusOf(notServed());
  return json(status, status.code);
}

function isServed({ discovery }: Api, { group }: ResourcePath): boolean {
  return discovery.groups().some((each) => each.name === group);
}

type Handler = (call: ApiCall) => Promise<Reply>;

function handlerOf(method: string, path: ResourcePath, resource: KnownResource, query: URLSearchParams): Handler {
  const handlers = handlersOf(path, resource);
  if (handlers === undefined) throw notServed();
  const handler = handlers[method];
  if (handler === undefined) throw methodNotAllowed();
  const watchable = handler === readList || (handler === readOne && path.subresource === undefined);
  return watchable && isWatch(query) ? watchObjects : handler;
}

type Handlers = Partial<Record<string, Handler>>;

const COLLECTION: Handlers = { GET: readList, POST: createOne, DELETE: deleteAll };
const ACROSS_NAMESPACES: Handlers = { GET: readList };
const ONE: Handlers = { GET: readOne, PUT: updateOne, PATCH: patchOne, DELETE: deleteOne };
const STATUS: Handlers = { GET: readOne, PUT: updateOne, PATCH: patchOne };
const SCALE: Handlers = { GET: readScale, PUT: updateScale, PATCH: patchScale };

/** Undefined when the resource has no such subresource. */
function handlersOf(path: ResourcePath, resource: KnownResource): Handlers | undefined {
  if (path.name === undefined)
    return resource.namespaced && path.namespace === undefined ? ACROSS_NAMESPACES : collectionOf(resource);
  if (resource.namespaced && path.namespace === undefined) return undefined;
  switch (path.subresource) {
    case undefined:
      return ONE;
    case "status":
      return resource.subresources.status ? STATUS : undefined;
    case "scale":
      return resource.subresources.scale === undefined ? undefined : SCALE;
    case "log":
      return isPod(resource) ? { GET: readPodLog } : undefined;
    case "portforward":
      return isPod(resource) ? { GET: forwardPorts, POST: forwardPorts } : undefined;
    default:
      refuseAbsent(resource, path.subresource);
      return undefined;
  }
}

function collectionOf(resource: KnownResource): Handlers {
  return isNamespace(resource) ? { GET: readList, POST: createOne } : COLLECTION;
}

function retryHeaders(seconds: number | undefined) {
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}
