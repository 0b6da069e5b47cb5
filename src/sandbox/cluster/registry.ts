// Which resources this API serves, and all that is known of each: names, schema, subresources, columns. Built-in kinds are
// there from the start; CustomResourceDefinitions register and leave while it runs.

import type { Resource } from "../../core/kubernetes/resource.ts";
import { unknownResource } from "./errors.ts";
import type { RawSchema } from "./schema/raw-schema.ts";

export interface KnownResource extends Resource {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: { readonly status: boolean; readonly scale?: ScalePaths };
  /** OpenAPI v3 of the whole object; `$ref` points into `definitions`. */
  readonly schema: RawSchema;
  readonly definitions: Readonly<Record<string, RawSchema>>;
  /** Of a CustomResourceDefinition; built-in kinds have their tables in the HTTP layer. */
  readonly printerColumns: readonly PrinterColumn[];
  /** Beside name and namespace, dotted: `spec.mode`. Of a CustomResourceDefinition; those of built-in kinds are in selectors.ts. */
  readonly selectableFields?: readonly string[];
  /** From a CustomResourceDefinition. */
  readonly custom: boolean;
  /** Objects of all versions of a resource share one storage, named by it: "apps/deployments". */
  readonly storage: string;
  /** Older API versions of the same storage hand out the same object under their own apiVersion. */
  readonly storageVersion: string;
  /** Whether metadata.generation counts changes of the spec. */
  readonly countsGeneration: boolean;
  /** Whether an update without a resourceVersion is allowed. */
  readonly allowsUnconditionalUpdate: boolean;
  readonly deprecationWarning?: string;
}

/** Dotted paths of the scale subresource. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

export class Registry {
  #byName = new Map<string, KnownResource>();
  #byStorage = new Map<string, KnownResource>();
  #revision = 0;

  /** Registers or replaces one version of a resource. */
  add(resource: KnownResource): void {
    this.#byName.set(nameOf(resource), resource);
    if (resource.version === resource.storageVersion) this.#byStorage.set(resource.storage, resource);
    this.#revision += 1;
  }

  /** Unregisters every version of a resource. */
  removeStorage(storage: string): void {
    for (const [name, each] of this.#byName) if (each.storage === storage) this.#byName.delete(name);
    this.#byStorage.delete(storage);
    this.#revision += 1;
  }

  all(): KnownResource[] {
    return [...this.#byName.values()];
  }

  find({ group, version, plural }: Pick<Resource, "group" | "version" | "plural">): KnownResource | undefined {
    return this.#byName.get(`${group}/${version}/${plural}`);
  }

  /** Throws `NotFound` as an API server does for a path that it does not serve. */
  get(resource: Resource): KnownResource {
    const found = this.find(resource);
    if (found === undefined) throw unknownResource(resource);
    return found;
  }

  /** The storage version's entry. */
  ofStorage(storage: string): KnownResource | undefined {
    return this.#byStorage.get(storage);
  }

  /** Rises with every change, for caches of discovery and OpenAPI documents. */
  get revision(): number {
    return this.#revision;
  }
}

function nameOf({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`;
}
