// CanaryAction: `spec.by` says who asks, and nobody can ask in another's name. On a real cluster a ValidatingAdmissionPolicy holds
// this; here the server knows the caller and fills the field in.

import type { CanaryAction } from "../../../core/spec/action.ts";
import { invalidValue } from "../errors.ts";
import type { KindRules } from "./kind-rules.ts";

export const canaryActionRules: KindRules = {
  prepareCreate: (_core, object, user) => {
    const { spec } = object as Partial<CanaryAction>;
    if (spec !== undefined) spec.by ??= user.name;
  },
  problems: (object, user) => {
    const { spec, metadata } = object as CanaryAction;
    const isNew = metadata.resourceVersion === undefined;
    if (!isNew || spec?.by === undefined || spec.by === user.name) return [];
    const cure = `must be left out or be ${JSON.stringify(user.name)}, the name of who asks`;
    return [invalidValue("spec.by", spec.by, cure)];
  },
};
