// Actions by the Canary that they are meant for, so that a pass does not walk through those of all others.

import type { CanaryAction } from "../core/spec/action.ts";
import type { Informer } from "../informer/informer.ts";
import { keyOf } from "./key.ts";

export class ActionIndex {
  #byCanary = new Map<string, Map<string, CanaryAction>>();

  constructor(actions: Informer<CanaryAction>) {
    actions.onChange(({ object, before, key }) => {
      if (before !== undefined) this.#drop(canaryOf(before), keyOf(key));
      if (object !== undefined) this.#add(canaryOf(object), keyOf(key), object);
    });
  }

  /** Everything asked of the Canary with this key. */
  of(canary: string): CanaryAction[] {
    return [...(this.#byCanary.get(canary)?.values() ?? [])];
  }

  #add(canary: string, key: string, action: CanaryAction): void {
    const actions = this.#byCanary.get(canary) ?? new Map<string, CanaryAction>();
    this.#byCanary.set(canary, actions.set(key, action));
  }

  #drop(canary: string, key: string): void {
    const actions = this.#byCanary.get(canary);
    actions?.delete(key);
    if (actions?.size === 0) this.#byCanary.delete(canary);
  }
}

function canaryOf({ metadata, spec }: CanaryAction): string {
  return keyOf({ namespace: metadata.namespace, name: spec?.canaryRef?.name ?? "" });
}
