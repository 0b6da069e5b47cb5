// OpenAPI v3 documents, one per group and version, made when first asked for: clients find in them whether the server
// validates fields, how lists merge, and what `kubectl explain` prints. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3

import { createHash, randomBytes } from "node:crypto";
import type { KnownResource, Registry } from "../registry.ts";
import { DEFINITIONS } from "../schema/builtin.ts";
import type { RawSchema } from "../schema/raw-schema.ts";
import { parseAccept } from "./accept.ts";
import { json, type Reply } from "./reply.ts";
import { notAcceptable } from "./status.ts";

const REFERENCE = "#/components/schemas/";
const PATCH_SCHEMA = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
const STATUS_SCHEMA = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export class OpenApi {
  #registry: Registry;
  #revision = -1;
  #documents = new Map<string, object>();
  /** Tells two runs of the sandbox apart, whose definitions may differ. */
  #run = randomBytes(8).toString("hex");

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** `/openapi/v3` or `/openapi/v3/apis/GROUP/VERSION`; undefined for other paths. Throws 406 for protobuf alone. */
  reply(pathname: string, headers: { accept?: string; "if-none-match"?: string }): Reply | undefined {
    if (this.#revision !== this.#registry.revision) this.#documents.clear();
    this.#revision = this.#registry.revision;
    const path = pathname.replace(/\/$/, "");
    const root = path === "/openapi/v3";
    const resources = root ? [] : this.#resourcesAt(path.replace(/^\/openapi\/v3\//, ""));
    if (!root && resources.length === 0) return undefined;
    if (!acceptsJson(headers.accept)) throw notAcceptable();
    const etag = `"${this.#hash(path)}"`;
    const caching = { etag, vary: "Accept", "cache-control": "no-cache, private" };
    if (headers["if-none-match"] === etag) return { kind: "text", code: 304, text: "", headers: caching };
    const document = this.#documents.get(path) ?? (root ? this.#index() : groupDocument(resources));
    this.#documents.set(path, document);
    return { ...json(document), headers: caching };
  }

  #index() {
    const keys = [...new Set(this.#registry.all().map(documentKey))];
    return {
      paths: Object.fromEntries(
        keys.map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${this.#hash(key)}` }]),
      ),
    };
  }

  #resourcesAt(key: string): KnownResource[] {
    return this.#registry.all().filter((resource) => documentKey(resource) === key);
  }

  #hash(key: string): string {
    return createHash("sha256").update(`${this.#run} ${this.#revision} ${key}`).digest("hex").toUpperCase();
  }
}

function acceptsJson(accept: string | undefined): boolean {
  return parseAccept(accept).some(({ type }) => ["application/json", "application/*", "*/*"].includes(type));
}

function documentKey({ group, version }: KnownResource): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

function groupDocument(resources: KnownResource[]): object {
  const schemas: Record<string, unknown> = { ...SHARED_SCHEMAS };
  const paths: Record<string, unknown> = {};
  for (const resource of resources) {
    addSchemas(resource, schemas);
    Object.assign(paths, pathsOf(resource));
  }
  return {
    openapi: "3.0.0",
    info: { title: "Serin sandbox", version: "v1" },
    paths,
    components: { schemas },
  };
}

/** The schema of the kind, of its list, and of all they refer to. */
function addSchemas(resource: KnownResource, schemas: Record<string, unknown>): void {
  const name = schemaName(resource);
  const schema = schemaOf(resource);
  const own = withMetadata(translate(schema), resource);
  schemas[name] = { ...own, "x-kubernetes-group-version-kind": [gvk(resource)] };
  schemas[`${name}List`] = {
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { $ref: REFERENCE + LIST_META },
      items: { type: "array", items: { $ref: REFERENCE + name } },
    },
    "x-kubernetes-group-version-kind": [{ ...gvk(resource), kind: resource.listKind }],
  };
  addDefinitions(schema, resource.definitions, schemas);
  if (resource.custom) addDefinitions({ $ref: OBJECT_META }, DEFINITIONS, schemas);
}

function addDefinitions(
  schema: unknown,
  definitions: Readonly<Record<string, RawSchema>>,
  schemas: Record<string, unknown>,
): void {
  for (const name of referencesIn(schema)) {
    const definition = definitions[name];
    if (definition === undefined || name in schemas) continue;
    schemas[name] = translate(definition);
    addDefinitions(definition, definitions, schemas);
  }
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === "$ref" && typeof each === "string" ? [bareName(each)] : referencesIn(each),
  );
}

const bareName = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);

/** References in OpenAPI's form: what stands beside a `$ref` is ignored by readers, so it moves around it. */
function translate(value: unknown): Record<string, unknown> {
  return translateAny(value) as Record<string, unknown>;
}

function translateAny(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(translateAny);
  if (typeof value !== "object" || value === null) return value;
  const { $ref, ...rest } = value as Record<string, unknown>;
  const translated = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, translateAny(each)]));
  if (typeof $ref !== "string") return translated;
  const reference = { $ref: REFERENCE + bareName($ref) };
  return Object.keys(translated).length === 0 ? reference : { ...translated, allOf: [reference] };
}

/** A CustomResourceDefinition's schema leaves the fields that all objects have unsaid. */
function withMetadata(schema: Record<string, unknown>, resource: KnownResource): Record<string, unknown> {
  if (!resource.custom) return schema;
  const properties = (schema.properties ?? {}) as Record<string, unknown>;
  return {
    ...schema,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      ...properties,
      metadata: { allOf: [{ $ref: REFERENCE + OBJECT_META }] },
    },
  };
}

/** `io.k8s.api.apps.v1.Deployment` as in a real server's document; `dev.serin.v1alpha1.Canary` for custom kinds. */
function schemaName({ custom, group, version, kind, schema }: KnownResource): string {
  return custom || schema.$ref === undefined
    ? [...group.split(".").reverse(), version, kind].join(".")
    : bareName(schema.$ref);
}

/** Built-in kinds are known by a reference into their definitions. */
function schemaOf({ schema, definitions }: KnownResource): RawSchema {
  return schema.$ref === undefined ? schema : (definitions[bareName(schema.$ref)] ?? schema);
}

const gvk = ({ group, version, kind }: KnownResource) => ({ group, version, kind });

function pathsOf(resource: KnownResource): Record<string, unknown> {
  const { group, version, plural, namespaced } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
  const one = `${collection}/{name}`;
  const write = objectOperations(resource);
  return {
    ...(namespaced ? { [`${base}/${plural}`]: { get: operation(resource, "list", LIST_PARAMETERS) } } : {}),
    [collection]: {
      get: operation(resource, "list", LIST_PARAMETERS),
      post: { ...operation(resource, "post", WRITE_PARAMETERS), requestBody: body(schemaName(resource), JSON_TYPES) },
      delete: operation(resource, "deletecollection", LIST_PARAMETERS),
    },
    [one]: write,
    ...(resource.subresources.status ? { [`${one}/status`]: withoutDelete(write) } : {}),
  };
}

function objectOperations(resource: KnownResource) {
  const patchTypes = resource.custom ? PATCH_TYPES.filter((type) => !type.includes("strategic")) : PATCH_TYPES;
  return {
    get: operation(resource, "get", []),
    put: { ...operation(resource, "put", WRITE_PARAMETERS), requestBody: body(schemaName(resource), JSON_TYPES) },
    patch: {
      ...operation(resource, "patch", [...WRITE_PARAMETERS, parameter("force", "boolean")]),
      requestBody: body(PATCH_SCHEMA, patchTypes),
    },
    delete: { ...operation(resource, "delete", [parameter("dryRun")]), requestBody: body(DELETE_OPTIONS, JSON_TYPES) },
  };
}

function withoutDelete({ get, put, patch }: ReturnType<typeof objectOperations>) {
  return { get, put, patch };
}

function operation(resource: KnownResource, action: string, parameters: object[]) {
  const answer = action === "list" ? `${schemaName(resource)}List` : schemaName(resource);
  return {
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk(resource),
    parameters,
    responses: {
      200: { description: "OK", ...body(action.startsWith("delete") ? STATUS_SCHEMA : answer, JSON_TYPES) },
    },
  };
}

function body(schema: string, mediaTypes: readonly string[]) {
  return { content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: { $ref: REFERENCE + schema } }])) };
}

function parameter(name: string, type = "string") {
  return { name, in: "query", schema: { type, uniqueItems: true } };
}

const JSON_TYPES = ["application/json", "application/yaml"];
const PATCH_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];
const WRITE_PARAMETERS = ["dryRun", "fieldManager", "fieldValidation"].map((name) => parameter(name));
const LIST_PARAMETERS = [
  ...["continue", "fieldSelector", "labelSelector", "resourceVersion", "resourceVersionMatch"].map((name) =>
    parameter(name),
  ),
  parameter("limit", "integer"),
  parameter("timeoutSeconds", "integer"),
  ...["allowWatchBookmarks", "sendInitialEvents", "watch"].map((name) => parameter(name, "boolean")),
];

const SHARED_SCHEMAS: Record<string, unknown> = {
  [PATCH_SCHEMA]: { type: "object" },
  [DELETE_OPTIONS]: { type: "object" },
  [STATUS_SCHEMA]: { type: "object" },
  [LIST_META]: {
    type: "object",
    properties: {
      continue: { type: "string" },
      remainingItemCount: { type: "integer", format: "int64" },
      resourceVersion: { type: "string" },
    },
  },
};
