// Discovery documents: what the API serves, each group alone and all at once (aggregated).
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api

import { createHash } from "node:crypto";
import type { Registry } from "../registry.ts";
import { parseAccept } from "./accept.ts";
import { type ApiGroup, type ApiResource, type ApiVersion, apiGroups } from "./api-groups.ts";
import { json, type ObjectReply, type Reply } from "./reply.ts";

export class Discovery {
  #registry: Registry;
  #revision = -1;
  #groups: ApiGroup[] = [];
  #documents = new Map<string, CachedDocument>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The document at `/api`, `/apis`, `/api/v1`, `/apis/GROUP` or `/apis/GROUP/VERSION`; undefined for other paths. */
  reply(pathname: string, headers: { accept?: string; "if-none-match"?: string }): Reply | undefined {
    this.#refresh();
    const path = pathname.replace(/\/$/, "");
    const aggregated = path === "/api" || path === "/apis" ? aggregatedVersion(headers.accept) : undefined;
    const key = aggregated === undefined ? path : `${path};${aggregated}`;
    const known = this.#documents.get(key);
    if (known !== undefined) return sent(known, headers["if-none-match"]);
    const object = aggregated === undefined ? this.#document(path) : aggregatedDocument(path, this.#groups, aggregated);
    if (object === undefined) return undefined;
    const contentType =
      aggregated === undefined
        ? "application/json"
        : `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`;
    const etag = `"${createHash("sha256").update(JSON.stringify(object)).digest("hex").toUpperCase()}"`;
    const document = { object, contentType, etag };
    this.#documents.set(key, document);
    return sent(document, headers["if-none-match"]);
  }

  groups(): readonly ApiGroup[] {
    this.#refresh();
    return this.#groups;
  }

  #refresh(): void {
    if (this.#revision === this.#registry.revision) return;
    this.#revision = this.#registry.revision;
    this.#groups = apiGroups(this.#registry);
    this.#documents.clear();
  }

  #document(path: string): object | undefined {
    if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    if (path === "/apis")
      return { kind: "APIGroupList", apiVersion: "v1", groups: this.#groups.filter(isNamed).map(groupEntry) };
    const [, name = "", version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const group = this.#groups.find((each) => each.name === name);
    if (path === "/api/v1" || (name !== "" && version !== undefined)) {
      const found = group?.versions.find((each) => each.version === (version ?? "v1"));
      return found === undefined ? undefined : resourceList(name, found);
    }
    return name === "" || group === undefined
      ? undefined
      : { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
  }
}

interface CachedDocument {
  object: object;
  contentType: string;
  etag: string;
}

/** Clients keep discovery on disk; the tag lets them ask whether it still holds. */
function sent({ object, contentType, etag }: CachedDocument, ifNoneMatch: string | undefined): Reply {
  const headers = { etag, vary: "Accept", "cache-control": "public" };
  if (ifNoneMatch === etag) return { kind: "text", code: 304, text: "", headers };
  return { ...json(object), contentType, headers } satisfies ObjectReply;
}

/** The first range of the Accept header decides: the aggregated form in one of its versions, or the plain one. */
function aggregatedVersion(accept: string | undefined): "v2" | "v2beta1" | undefined {
  for (const { type, params } of parseAccept(accept)) {
    if (type !== "application/json" && type !== "*/*") continue;
    if (params.as === undefined) return undefined;
    if (params.as !== "APIGroupDiscoveryList" || params.g !== "apidiscovery.k8s.io") continue;
    if (params.v === "v2" || params.v === "v2beta1") return params.v;
  }
  return undefined;
}

const isNamed = ({ name }: ApiGroup): boolean => name !== "";

const groupVersion = (group: string, version: string): string => (group === "" ? version : `${group}/${version}`);

function groupEntry({ name, versions }: ApiGroup) {
  const entries = versions.map(({ version }) => ({ groupVersion: groupVersion(name, version), version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function resourceList(group: string, { version, resources }: ApiVersion) {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: groupVersion(group, version),
    resources: resources.flatMap((resource) => [
      {
        name: resource.plural,
        singularName: resource.singular,
        namespaced: resource.namespaced,
        kind: resource.kind,
        verbs: resource.verbs,
        ...naming(resource),
      },
      ...resource.subresources.map((each) => ({
        name: `${resource.plural}/${each.name}`,
        singularName: "",
        namespaced: resource.namespaced,
        ...each.groupVersion,
        kind: each.kind,
        verbs: each.verbs,
      })),
    ]),
  };
}

function aggregatedDocument(path: string, groups: readonly ApiGroup[], form: "v2" | "v2beta1") {
  const shown = groups.filter((group) => isNamed(group) === (path === "/apis"));
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${form}`,
    metadata: {},
    items: shown.map((group) => ({
      metadata: group.name === "" ? {} : { name: group.name },
      versions: group.versions.map(({ version, resources }) => ({
        version,
        resources: resources.map((resource) => aggregatedResource(resource, group.name, version)),
        freshness: "Current",
      })),
    })),
  };
}

function aggregatedResource(resource: ApiResource, group: string, version: string) {
  const own = { group, version };
  return {
    resource: resource.plural,
    responseKind: { ...own, kind: resource.kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...naming(resource),
    ...(resource.subresources.length === 0
      ? {}
      : {
          subresources: resource.subresources.map((each) => ({
            subresource: each.name,
            responseKind: { ...(each.groupVersion ?? own), kind: each.kind },
            verbs: each.verbs,
          })),
        }),
  };
}

function naming({ shortNames, categories }: ApiResource) {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}
