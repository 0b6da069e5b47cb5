// What create, update, patch and apply share: the checks between a decoded object and its commit.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { WriteOptions } from "../../../ports/cluster.ts";
import { celProblems } from "../cel/rules.ts";
import type { Core, User } from "../core.ts";
import { schemaOf } from "../decode.ts";
import { type FieldProblem, refuseInvalid } from "../errors.ts";
import type { Json } from "../json.ts";
import { rulesOf } from "../kinds/rules.ts";
import { metadataChangeProblems, metadataProblems } from "../metadata.ts";
import { isSubdomain } from "../names.ts";
import type { KnownResource } from "../registry.ts";
import { schemaProblems } from "../schema/validate.ts";
import { storeKey } from "../store/object-store.ts";

/** One call. */
export interface Call<Options extends WriteOptions = WriteOptions> {
  core: Core;
  resource: KnownResource;
  user: User;
  options: Options;
}

/** Throws `Invalid` with everything that is wrong, of a new object or of a change. */
export function refuseWrong({ resource, user }: Call, after: KubeObject, before?: KubeObject): void {
  const rules = rulesOf(resource);
  const problems: FieldProblem[] = [
    ...metadataProblems(after.metadata, rules.checkName ?? isSubdomain),
    ...(before === undefined ? [] : metadataChangeProblems(before.metadata, after.metadata)),
  ];
  if (resource.custom) problems.push(...customProblems(resource, after, before));
  if (!resource.custom || problems.length === 0) {
    problems.push(...(rules.problems?.(after, user) ?? []));
    if (before !== undefined) problems.push(...(rules.changeProblems?.(before, after) ?? []));
  }
  refuseInvalid(resource, after.metadata.name ?? "", problems);
}

/** With these, a rule could not even be asked. */
const BLOCKING = new Set([
  "FieldValueRequired",
  "FieldValueTypeInvalid",
  "FieldValueNotSupported",
  "FieldValueTooLong",
  "FieldValueTooMany",
]);

function customProblems(resource: KnownResource, after: KubeObject, before?: KubeObject): FieldProblem[] {
  const schema = schemaOf(resource);
  const [now, old] = [after as Json, before as Json | undefined];
  // metadata has rules of its own.
  const problems = schemaProblems(schema, now, "", old).filter(({ field }) => !field.startsWith("metadata."));
  if (problems.some(({ reason }) => BLOCKING.has(reason))) return problems;
  return [...problems, ...celProblems(schema, now, old)];
}

/** Stores the object, or on a dry run only pretends to. */
export function commit({ core, resource, options }: Call, object: KubeObject): KubeObject {
  const stored = inStorageVersion(resource, object);
  if (options.dryRun === true) return object;
  const committed = core.store.commit(resource.storage, storeKey(object.metadata), stored);
  return inVersion(resource, committed);
}

export function inVersion<T extends KubeObject>(resource: KnownResource, object: T): T {
  const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  return object.apiVersion === apiVersion ? object : Object.freeze({ ...object, apiVersion });
}

function inStorageVersion(resource: KnownResource, object: KubeObject): KubeObject {
  return inVersion({ ...resource, version: resource.storageVersion }, object);
}
