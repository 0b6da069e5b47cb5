// A copy of a kind that may not be there: people install and remove its definition while the gateway runs. Empty until then, and quiet.

import type { KubeObject, ObjectKey } from "../../core/kubernetes/object.ts";
import type { Resource } from "../../core/kubernetes/resource.ts";
import { type Change, Informer, type InformerOptions } from "../../informer/informer.ts";

export class OptionalInformer<T extends KubeObject> {
  readonly resource: Resource;
  readonly #options: InformerOptions<T>;
  readonly #onChange: (change: Change<T>) => void;
  #current: { informer: Informer<T>; stop: AbortController } | undefined;

  constructor(options: InformerOptions<T>, onChange: (change: Change<T>) => void) {
    this.resource = options.resource;
    this.#options = options;
    this.#onChange = onChange;
  }

  get isThere(): boolean {
    return this.#current !== undefined;
  }

  list(): T[] {
    return this.#current?.informer.list() ?? [];
  }

  get(key: ObjectKey): T | undefined {
    return this.#current?.informer.get(key);
  }

  /** The definition is served. Resolves when the copy is complete. */
  async appear(): Promise<void> {
    if (this.#current === undefined) {
      const informer = new Informer<T>(this.#options);
      informer.onChange(this.#onChange);
      this.#current = { informer, stop: new AbortController() };
      void informer.start(this.#current.stop.signal);
    }
    await this.#current.informer.synced;
  }

  /** Its definition is gone, and all objects with it. */
  disappear(): void {
    this.#current?.stop.abort();
    this.#current = undefined;
  }
}
