// From a CustomResourceDefinition to the resources it registers: one per served version, all over one storage.

import type { KnownResource } from "../registry.ts";
import { DEFINITIONS } from "../schema/builtin.ts";
import { RAW_META } from "../schema/metadata-schema.ts";
import type { RawSchema } from "../schema/raw-schema.ts";
import type { Definition, DefinitionVersion } from "./definition-object.ts";

export function storageOf({ spec }: Definition): string {
  return `${spec.group}/${spec.names.plural}`;
}

export function resourcesOf(definition: Definition): KnownResource[] {
  return definition.spec.versions.filter((version) => version.served).map((version) => resourceOf(definition, version));
}

const AGE: KnownResource["printerColumns"] = [{ name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }];

function resourceOf(definition: Definition, version: DefinitionVersion): KnownResource {
  const { group, names, scope, versions } = definition.spec;
  const { status, scale } = version.subresources ?? {};
  return {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: scope === "Namespaced",
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    subresources: { status: status !== undefined, ...(scale !== undefined && { scale }) },
    schema: wholeSchema(version.schema?.openAPIV3Schema ?? { "x-kubernetes-preserve-unknown-fields": true }),
    definitions: DEFINITIONS,
    printerColumns: version.additionalPrinterColumns ?? AGE,
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, "")),
    custom: true,
    storage: storageOf(definition),
    storageVersion: versions.find((each) => each.storage)?.name ?? version.name,
    countsGeneration: true,
    allowsUnconditionalUpdate: false,
    ...(version.deprecated === true && {
      deprecationWarning: version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`,
    }),
  };
}

const wholes = new WeakMap<RawSchema, RawSchema>();

/** A custom schema says nothing of apiVersion, kind and metadata; the server adds them. */
function wholeSchema(schema: RawSchema): RawSchema {
  let whole = wholes.get(schema);
  if (whole === undefined) {
    whole = {
      ...schema,
      type: "object",
      properties: {
        ...schema.properties,
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: RAW_META,
      },
    };
    wholes.set(schema, whole);
  }
  return whole;
}
