// Definitions that the sandbox brings along: installed at the first start, brought up to date at a later one.
// Tests open thousands of worlds in one process, so what checking and filling in made of a definition is kept and used again.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../../../core/kubernetes/resource.ts";
import type { Core } from "../core.ts";
import { sameJson } from "../json.ts";
import { definitionRules } from "../kinds/definition.ts";
import { storeKey } from "../store/object-store.ts";
import { applyObject } from "../verbs/apply.ts";
import { createObject } from "../verbs/create.ts";
import { updateObject } from "../verbs/update.ts";
import type { Call } from "../verbs/write.ts";
import { DEFINITION_STORAGE } from "./controller.ts";
import { INSTALLER } from "./installer.ts";

const installed = new WeakMap<object, KubeObject>();

/** Creates a definition, or brings a stored one to the given spec. Throws when it is not acceptable. */
export function installDefinition(core: Core, definition: KubeObject): void {
  const resource = core.registry.get(CUSTOM_RESOURCE_DEFINITIONS);
  const call: Call = { core, resource, user: INSTALLER, options: {} };
  const stored = core.store.get(DEFINITION_STORAGE, storeKey(definition.metadata));
  const known = installed.get(definition);
  if (stored === undefined && known === undefined) installed.set(definition, createObject(call, definition));
  else if (stored === undefined) installAgain(core, known!);
  else if (!sameJson(stored["spec"], definition["spec"])) update(call, stored, definition);
}

/** On a definition that nobody has touched since the sandbox brought it. */
const BROUGHT = "sandbox.serin.dev/brought-along";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * For definitions of others that people install themselves on a cluster: theirs replaces the sandbox's without a conflict, since it was
 * applied in the name of their tool, and then stays whatever version the sandbox brings along.
 */
export function installReplaceable(core: Core, definition: KubeObject): void {
  const resource = core.registry.get(CUSTOM_RESOURCE_DEFINITIONS);
  const stored = core.store.get(DEFINITION_STORAGE, storeKey(definition.metadata));
  const known = installed.get(definition);
  const { annotations = {} } = stored?.metadata ?? {};
  if (stored === undefined && known !== undefined) return installAgain(core, known);
  const isTheirs = stored !== undefined && (annotations[BROUGHT] === undefined || LAST_APPLIED in annotations);
  if (isTheirs || (stored !== undefined && sameJson(stored["spec"], definition["spec"]))) return;
  const call = { core, resource, user: INSTALLER, options: { fieldManager: "kubectl", force: true } };
  const { metadata } = definition;
  const marked = { ...metadata, annotations: { ...metadata.annotations, [BROUGHT]: "true" } };
  const applied = applyObject(call, { ...definition, metadata: marked });
  if (stored === undefined) installed.set(definition, applied);
}

function update(call: Call, stored: KubeObject, definition: KubeObject): void {
  const { annotations = {} } = definition.metadata;
  updateObject(call, { ...definition, metadata: { ...stored.metadata, annotations } });
}

/** What another world made of it, with this world's identity and times. */
function installAgain(core: Core, known: KubeObject): void {
  const time = core.now();
  const { resourceVersion: _, managedFields = [], ...rest } = known.metadata;
  const metadata = {
    ...rest,
    uid: core.uid(),
    creationTimestamp: time,
    managedFields: managedFields.map((entry) => ({ ...entry, time })),
  };
  const again: KubeObject = { ...known, metadata };
  definitionRules.prepareCreate!(core, again, INSTALLER);
  core.store.commit(DEFINITION_STORAGE, storeKey(metadata), again);
}
