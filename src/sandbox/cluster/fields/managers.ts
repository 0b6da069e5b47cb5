// metadata.managedFields: who set which fields, kept through every write.
// Source: k8s.io/apimachinery pkg/util/managedfields and sigs.k8s.io/structured-merge-diff merge/update.go.

import type { KubeObject, ManagedFieldsEntry } from "../../../core/kubernetes/object.ts";
import { apiVersionOf } from "../../../core/kubernetes/resource.ts";
import { ClusterError } from "../../../ports/cluster.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { KnownResource } from "../registry.ts";
import { nodeOf, type SchemaNode } from "../schema/schema-node.ts";
import { type Comparison, compareObjects, fieldsOf } from "./compare.ts";
import {
  difference,
  emptySet,
  type FieldSet,
  fromFieldsV1,
  intersection,
  isEmptySet,
  members,
  onlySubtree,
  type Path,
  pathText,
  toFieldsV1,
  union,
  withoutSubtrees,
} from "./field-set.ts";
import { leftBehind, mergeApplied, removeFields } from "./merge.ts";

/** One writer. */
export interface Manager {
  name: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  subresource?: string;
}

interface Ownership {
  manager: Manager;
  time: string;
  set: FieldSet;
}

/** A real server folds older Update entries into one beyond this number. */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT = "ancient-changes";

/** Belong to the server, so nobody owns them. */
const SERVER_FIELDS: Path[] = [
  ["f:apiVersion"],
  ["f:kind"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((field) => ["f:metadata", `f:${field}`]),
  ["f:metadata", "f:generateName"],
  ["f:metadata", "f:deletionTimestamp"],
  ["f:metadata", "f:deletionGracePeriodSeconds"],
];

export interface FieldContext {
  resource: KnownResource;
  manager: Manager;
  /** RFC 3339. */
  now: string;
}

/** managedFields after a create, update or patch that turned `before` into `after`. */
export function managedAfterUpdate(
  context: FieldContext,
  before: KubeObject | undefined,
  after: KubeObject,
): ManagedFieldsEntry[] | undefined {
  // What the client sends counts, so that it can hand ownership over; an absent or empty list leaves what is stored, and the
  // list with one empty entry clears it: https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields
  const given = after.metadata.managedFields ?? [];
  const owners = readOwners(given.length > 0 ? given : (before?.metadata.managedFields ?? []));
  const node = nodeOf(context.resource.schema, context.resource.definitions);
  const start = before === undefined ? zeroOf(node) : plain(before);
  const comparison = compareObjects(node, start, plain(after));
  return writeOwners(takeOver(context, owners, comparison));
}

/** The merged object with its managedFields after a server-side apply. Throws `Conflict` unless forced. */
export function applyConfiguration(
  context: FieldContext,
  live: KubeObject | undefined,
  applied: JsonObject,
  force: boolean,
): JsonObject {
  const node = nodeOf(context.resource.schema, context.resource.definitions);
  const base = live === undefined ? {} : plain(live);
  const owners = readOwners(live?.metadata.managedFields ?? []);
  const mine = owners.find((each) => sameManager(each.manager, context.manager));
  const others = owners.filter((each) => each !== mine);
  const named = fieldsOf(node, withoutManaged(applied));
  const set = ownable(context, named);

  const merged = mergeApplied(node, base, withoutManaged(applied)) as JsonObject;
  if (mine !== undefined) {
    const stillOwned = others.reduce((all, each) => union(all, each.set), named);
    removeFields(node, merged, leftBehind(node, mine.set, stillOwned));
  }
  const comparison = compareObjects(node, base, merged);
  const changed = union(comparison.added, comparison.modified);
  if (!force) refuseConflicts(others, changed);
  // A real server stamps an apply only when it changed something.
  const isSame = isEmptySet(changed) && isEmptySet(comparison.removed);
  const time = isSame ? (mine?.time ?? "") : context.now;
  const left = others.map((each) => ({
    ...each,
    set: difference(difference(each.set, changed), comparison.removed),
  }));
  const managed = writeOwners([...left, { manager: context.manager, time, set }]);
  const metadata = isObject(merged["metadata"]) ? merged["metadata"] : {};
  if (managed !== undefined) metadata["managedFields"] = managed as unknown as JsonObject[];
  return { ...merged, metadata };
}

/** The writer becomes the owner of what changed; all others lose it. */
function takeOver(context: FieldContext, owners: Ownership[], comparison: Comparison): Ownership[] {
  const changed = union(comparison.added, comparison.modified);
  const mine = owners.find((each) => sameManager(each.manager, context.manager));
  const others = owners
    .filter((each) => each !== mine)
    .map((each) => ({ ...each, set: difference(difference(each.set, changed), comparison.removed) }));
  const taken = ownable(context, changed);
  const set = ownable(context, difference(union(mine?.set ?? emptySet(), changed), comparison.removed));
  // The scale subresource leaves no time, as in a real server.
  const isStamped = context.manager.subresource !== "scale" && !isEmptySet(taken);
  const time = isStamped ? context.now : (mine?.time ?? "");
  return foldAncient([...others, { manager: context.manager, time, set }]);
}

/** Without the server's own fields, and without what this path (main or status) does not write. */
function ownable({ resource, manager }: FieldContext, set: FieldSet): FieldSet {
  const kept = withoutSubtrees(set, SERVER_FIELDS);
  const metadata = kept.children.get("f:metadata");
  if (metadata !== undefined) kept.children.set("f:metadata", { member: false, children: metadata.children });
  if (manager.subresource === "status") return onlySubtree(kept, ["f:status"]);
  return resource.subresources.status ? withoutSubtrees(kept, [["f:status"]]) : kept;
}

function refuseConflicts(others: Ownership[], changed: FieldSet): void {
  const conflicts = others.flatMap(({ manager, set }) =>
    members(intersection(set, changed)).map((path) => ({ manager: managerText(manager), path: pathText(path) })),
  );
  if (conflicts.length === 0) return;
  throw new ClusterError("Conflict", conflictMessage(conflicts), {
    causes: conflicts.map(({ manager, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${manager}`,
      field: path,
    })),
  });
}

function conflictMessage(conflicts: { manager: string; path: string }[]): string {
  if (conflicts.length === 1)
    return `Apply failed with 1 conflict: conflict with ${conflicts[0]!.manager}: ${conflicts[0]!.path}`;
  const byManager = Map.groupBy(conflicts, (each) => each.manager);
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, each]) => [`conflicts with ${manager}:`, ...each.map(({ path }) => `- ${path}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

function managerText({ name, operation, apiVersion, subresource }: Manager): string {
  const who =
    JSON.stringify(name) + (subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === "Apply" ? who : `${who} using ${apiVersion}`;
}

function foldAncient(owners: Ownership[]): Ownership[] {
  const updates = owners.filter((each) => each.manager.operation === "Update");
  if (updates.length <= MAX_UPDATE_MANAGERS) return owners;
  const oldest = [...updates]
    .sort((a, b) => (a.time < b.time ? -1 : 1))
    .slice(0, updates.length - MAX_UPDATE_MANAGERS + 1);
  const folded: Ownership = {
    manager: { name: ANCIENT, operation: "Update", apiVersion: oldest[0]!.manager.apiVersion },
    time: oldest.at(-1)!.time,
    set: oldest.reduce((all, each) => union(all, each.set), emptySet()),
  };
  return [...owners.filter((each) => !oldest.includes(each)), folded];
}

function readOwners(entries: readonly ManagedFieldsEntry[]): Ownership[] {
  const named = entries.filter((entry) => (entry.manager ?? "") !== "" && isObject(entry.fieldsV1));
  return named.map((entry) => ({
    manager: {
      name: entry.manager,
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      ...(entry.subresource !== undefined && { subresource: entry.subresource }),
    },
    time: entry.time ?? "",
    set: fromFieldsV1(entry.fieldsV1 as JsonObject),
  }));
}

function writeOwners(owners: Ownership[]): ManagedFieldsEntry[] | undefined {
  const entries = owners
    .filter((each) => !isEmptySet(each.set))
    .sort(byOperationTimeName)
    .map(
      ({ manager, time, set }): ManagedFieldsEntry => ({
        apiVersion: manager.apiVersion,
        fieldsType: "FieldsV1",
        fieldsV1: toFieldsV1(set),
        manager: manager.name,
        operation: manager.operation,
        ...(manager.subresource !== undefined && { subresource: manager.subresource }),
        ...(time !== "" && { time }),
      }),
    );
  return entries.length === 0 ? undefined : entries;
}

function byOperationTimeName(a: Ownership, b: Ownership): number {
  const key = ({ manager, time }: Ownership) =>
    [manager.operation, time, manager.name, manager.apiVersion, manager.subresource ?? ""].join("\0");
  const [left, right] = [key(a), key(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function sameManager(a: Manager, b: Manager): boolean {
  return (
    a.name === b.name &&
    a.operation === b.operation &&
    a.apiVersion === b.apiVersion &&
    (a.subresource ?? "") === (b.subresource ?? "")
  );
}

export function managerOf(
  resource: KnownResource,
  name: string,
  operation: "Apply" | "Update",
  subresource?: string,
): Manager {
  return { name, operation, apiVersion: apiVersionOf(resource), ...(subresource !== undefined && { subresource }) };
}

function plain(object: KubeObject): JsonObject {
  return withoutManaged(object as unknown as JsonObject);
}

function withoutManaged(object: JsonObject): JsonObject {
  if (!isObject(object["metadata"])) return object;
  const { managedFields: _, ...metadata } = object["metadata"];
  return { ...object, metadata };
}

/** What a new object is compared with: what Go writes of an empty struct. */
function zeroOf(node: SchemaNode): JsonObject {
  const out: JsonObject = {};
  for (const [field, child] of node.properties)
    if (isZeroStruct(child)) out[field] = zeroOf(child);
    else if (child.type === "array" && node.definition !== undefined && node.required.includes(field))
      out[field] = null;
  return out;
}

function isZeroStruct({ default: value, raw }: SchemaNode): boolean {
  const empty = isObject(value) && Object.keys(value).length === 0;
  return empty && raw.$ref !== undefined && raw["x-serin-learnt-default"] !== true;
}
