// The cluster port as one user sees it. Every verb runs without a pause between reading and committing, so calls are atomic.

import type { KubeObject, ObjectKey } from "../../core/kubernetes/object.ts";
import type { Resource } from "../../core/kubernetes/resource.ts";
import type {
  ApplyOptions,
  Cluster,
  DeleteOptions,
  ListOptions,
  ObjectList,
  Patch,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../../ports/cluster.ts";
import type { Core, User } from "./core.ts";
import { applyObject } from "./verbs/apply.ts";
import { createObject } from "./verbs/create.ts";
import { deleteObject } from "./verbs/delete.ts";
import { listObjects } from "./verbs/read.ts";
import { storedObject } from "./verbs/replace.ts";
import { patchScale, updateScale } from "./verbs/subresources.ts";
import { patchObject, updateObject } from "./verbs/update.ts";
import { watchObjects } from "./verbs/watch.ts";
import type { Call } from "./verbs/write.ts";

export class SandboxClient implements Cluster {
  #core: Core;
  #user: User;

  constructor(core: Core, user: User) {
    this.#core = core;
    this.#user = user;
  }

  async get<T extends KubeObject = KubeObject>(resource: Resource, key: ObjectKey): Promise<T> {
    return storedObject(this.#call(resource, {}), key) as T;
  }

  async list<T extends KubeObject = KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ObjectList<T>> {
    return listObjects(this.#core, this.#core.registry.get(resource), options) as ObjectList<T>;
  }

  async *watch<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    yield* watchObjects(this.#core, this.#core.registry.get(resource), options) as AsyncGenerator<WatchEvent<T>>;
  }

  async create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write(() => createObject(this.#call(resource, options), object)) as T;
  }

  async update<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const call = this.#call(resource, options);
    const write = options.subresource === "scale" ? updateScale : updateObject;
    return this.#write<KubeObject>(() => write(call, object)) as T;
  }

  async patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<T> {
    const call = this.#call(resource, options);
    const write = options.subresource === "scale" ? patchScale : patchObject;
    return this.#write<KubeObject>(() => write(call, key, patch)) as T;
  }

  async apply<T extends KubeObject>(resource: Resource, object: Partial<T>, options: ApplyOptions): Promise<T> {
    return this.#write(() => applyObject(this.#call(resource, options), object)) as T;
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    this.#write(() => deleteObject(this.#core, this.#core.registry.get(resource), key, options));
  }

  #call<Options extends WriteOptions>(resource: Resource, options: Options): Call<Options> {
    return { core: this.#core, resource: this.#core.registry.get(resource), user: this.#user, options };
  }

  /** What follows from a change is done before the caller hears of it. */
  #write<T>(run: () => T): T {
    try {
      return run();
    } finally {
      this.#core.drain();
    }
  }
}
