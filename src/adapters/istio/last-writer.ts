// Who last wrote the routes of a VirtualService, from its managed fields.
// `http` is an atomic list, so a write that changes it takes it from every other owner, except one who applied the same value.

import type { KubeObject, ManagedFieldsEntry } from "../../core/kubernetes/object.ts";

export interface LastWriter {
  manager: string;
  operation: string;
  time?: string;
}

/** The newest entry that owns `spec.http`; of two in the same second the foreign one, who may have had the last word. */
export function lastWriterOf(object: KubeObject, ownManager: string): LastWriter | undefined {
  const owners = (object.metadata.managedFields ?? []).filter(ownsHttp);
  const newestFirst = owners.toSorted(
    (a, b) =>
      (b.time ?? "").localeCompare(a.time ?? "") || Number(a.manager === ownManager) - Number(b.manager === ownManager),
  );
  const [newest] = newestFirst;
  if (newest === undefined) return undefined;
  const { manager, operation, time } = newest;
  return { manager, operation, ...(time === undefined ? {} : { time }) };
}

function ownsHttp({ fieldsV1, subresource }: ManagedFieldsEntry): boolean {
  const spec = fieldsV1?.["f:spec"];
  return (subresource ?? "") === "" && typeof spec === "object" && spec !== null && "f:http" in spec;
}
