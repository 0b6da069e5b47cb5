// A schema as the walkers want it: references followed, kinds of lists and maps told apart, children made at first visit.
// The same node type serves built-in kinds and CustomResourceDefinitions, so validation, defaulting, merge and apply have one source.

import type { RawRule, RawSchema } from "./raw-schema.ts";

export type NodeType =
  | "object"
  | "array"
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "intOrString"
  | "quantity"
  | "any";

export class SchemaNode {
  readonly raw: RawSchema;
  /** The definition that a reference led to: "io.k8s.api.core.v1.Container". */
  readonly definition: string | undefined;
  readonly type: NodeType;
  readonly default: unknown;
  readonly required: readonly string[];
  /** Unknown fields below are kept. */
  readonly preservesUnknown: boolean;
  readonly embedded: boolean;
  readonly listType: "atomic" | "set" | "map";
  readonly listKeys: readonly string[];
  /** An object that has one owner as a whole. */
  readonly atomicMap: boolean;
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey: string | undefined;
  readonly rules: readonly RawRule[];
  #definitions: Readonly<Record<string, RawSchema>>;
  #properties: Map<string, SchemaNode> | undefined;
  #items: SchemaNode | undefined;
  #values: SchemaNode | undefined;
  #hasRules: boolean | undefined;

  constructor(raw: RawSchema, definitions: Readonly<Record<string, RawSchema>> = {}) {
    const target = raw.$ref === undefined ? {} : (definitions[raw.$ref] ?? {});
    const merged: RawSchema = raw.$ref === undefined ? raw : { ...target, ...raw };
    this.raw = merged;
    this.definition = raw.$ref;
    this.#definitions = definitions;
    this.type = typeOf(merged, raw.$ref);
    this.default = raw.default;
    this.required = merged.required ?? [];
    this.preservesUnknown = merged["x-kubernetes-preserve-unknown-fields"] === true;
    this.embedded = merged["x-kubernetes-embedded-resource"] === true;
    this.listType = merged["x-kubernetes-list-type"] ?? "atomic";
    this.listKeys = merged["x-kubernetes-list-map-keys"] ?? [];
    this.atomicMap = merged["x-kubernetes-map-type"] === "atomic" || OPAQUE.has(raw.$ref ?? "");
    this.patchStrategy = merged["x-kubernetes-patch-strategy"]?.split(",") ?? [];
    this.patchMergeKey = merged["x-kubernetes-patch-merge-key"];
    this.rules = merged["x-kubernetes-validations"] ?? [];
  }

  get properties(): ReadonlyMap<string, SchemaNode> {
    this.#properties ??= new Map(
      Object.entries(this.raw.properties ?? {}).map(([name, each]) => [name, nodeOf(each, this.#definitions)]),
    );
    return this.#properties;
  }

  get items(): SchemaNode {
    this.#items ??= nodeOf(this.raw.items ?? {}, this.#definitions);
    return this.#items;
  }

  /** The schema of a map's values; undefined when the object is no map. */
  get values(): SchemaNode | undefined {
    const extra = this.raw.additionalProperties;
    if (extra === undefined || extra === false) return undefined;
    this.#values ??= nodeOf(extra === true ? {} : extra, this.#definitions);
    return this.#values;
  }

  /** The schema of one field: a property, a map's value, or nothing known. */
  child(field: string): SchemaNode | undefined {
    return this.properties.get(field) ?? this.values;
  }

  /** Whether a CEL rule stands here or below; a schema that refers to itself has none. */
  get hasRules(): boolean {
    this.#hasRules ??= this.rules.length > 0 || containsRules(this.raw);
    return this.#hasRules;
  }

  /** Free-form JSON: what is inside has no schema and is kept. */
  get freeForm(): boolean {
    return this.type === "any" || OPAQUE.has(this.definition ?? "");
  }
}

/** Free-form JSON in built-in kinds. */
const OPAQUE = new Set([
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
  "io.k8s.apimachinery.pkg.runtime.RawExtension",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
]);

const nodes = new WeakMap<RawSchema, SchemaNode>();

/** One node per raw schema, however often it is asked for. */
export function nodeOf(raw: RawSchema, definitions: Readonly<Record<string, RawSchema>>): SchemaNode {
  let node = nodes.get(raw);
  if (node === undefined) {
    node = new SchemaNode(raw, definitions);
    nodes.set(raw, node);
  }
  return node;
}

function containsRules(raw: RawSchema): boolean {
  const below = [...Object.values(raw.properties ?? {}), raw.items, raw.additionalProperties];
  return below.some(
    (each) => typeof each === "object" && (each["x-kubernetes-validations"] !== undefined || containsRules(each)),
  );
}

function typeOf(raw: RawSchema, reference?: string): NodeType {
  if (raw["x-kubernetes-int-or-string"] === true) return "intOrString";
  if (reference === "io.k8s.apimachinery.pkg.api.resource.Quantity") return "quantity";
  const { type } = raw;
  if (type !== undefined && isPlainType(type)) return type;
  return raw.properties === undefined ? "any" : "object";
}

const PLAIN_TYPES = ["object", "array", "string", "integer", "number", "boolean"] as const;

function isPlainType(type: string): type is (typeof PLAIN_TYPES)[number] {
  return (PLAIN_TYPES as readonly string[]).includes(type);
}
