// The four metadata functions that @peculiar/x509's dependency container (tsyringe) asks of `Reflect` before it loads.
// Nobody here uses decorators; a small store by weak map is all that is needed, and it gives way to a real polyfill.

type MetadataStore = WeakMap<object, Map<unknown, unknown>>;

interface MetadataReflect {
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  getMetadata?: (key: unknown, target: object) => unknown;
}

/** Puts the functions on `Reflect` when nobody has yet. Call before importing @peculiar/x509. */
export function provideReflectMetadata(): void {
  const reflect = Reflect as MetadataReflect;
  if (reflect.getMetadata !== undefined) return;
  const store: MetadataStore = new WeakMap();
  reflect.defineMetadata = (key, value, target) => {
    const own = store.get(target) ?? new Map<unknown, unknown>();
    store.set(target, own.set(key, value));
  };
  reflect.getOwnMetadata = (key, target) => store.get(target)?.get(key);
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null)
      if (store.get(at)?.has(key)) return store.get(at)!.get(key);
    return undefined;
  };
}
