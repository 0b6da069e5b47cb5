// Namespaces: a label with their own name, and a finalizer in the spec that holds them until they are empty.

import { isDnsLabel } from "../names.ts";
import type { KindRules } from "./kind-rules.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";

export const namespaceRules: KindRules = {
  checkName: isDnsLabel,
  fillIn: (object) => {
    const { name } = object.metadata;
    if (name) object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: name };
  },
  prepareCreate: (_core, object) => {
    object["spec"] = { finalizers: ["kubernetes"] };
    object["status"] = { phase: "Active" };
  },
  // Finalizers of a namespace's spec change only at its finalize path, which the sandbox keeps to itself.
  prepareUpdate: (_core, before, after) => {
    after["spec"] = before["spec"];
  },
};
