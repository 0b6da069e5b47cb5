// The credentials in use. As in Envoy, a good one stays in force when its Secret turns bad or goes away: a mistake in a renewal takes no
// traffic away, and is said. Nothing is read that no object names.

import { type Authority, type KeyPair, type Reading, readAuthority, readKeyPair, type Secret } from "./credentials.ts";

/** With both, the value is an earlier one. */
export interface Held<T> {
  value: T | undefined;
  /** Why it is not what the Secret says now. */
  problem: string | undefined;
}

export interface Credentials {
  keyPair(namespace: string, name: string): Held<KeyPair>;
  /** Of Secret `name-cacert`; where there is none, of `name` itself. */
  authority(namespace: string, name: string): Held<Authority>;
}

const AUTHORITY_SUFFIX = "-cacert";

export class CredentialStore implements Credentials {
  readonly #find: (namespace: string, name: string) => Secret | undefined;
  readonly #keyPairs = new Map<string, Entry<KeyPair>>();
  readonly #authorities = new Map<string, Entry<Authority>>();

  constructor(find: (namespace: string, name: string) => Secret | undefined) {
    this.#find = find;
  }

  keyPair(namespace: string, name: string): Held<KeyPair> {
    const absent = `Secret ${namespace}/${name} does not exist: kubectl -n ${namespace} create secret tls ${name} --cert=FILE --key=FILE makes it`;
    return hold(this.#keyPairs, `${namespace}/${name}`, this.#find(namespace, name), (secret) =>
      secret === undefined ? { problem: absent } : readKeyPair(secret),
    );
  }

  authority(namespace: string, name: string): Held<Authority> {
    const secret = this.#find(namespace, `${name}${AUTHORITY_SUFFIX}`) ?? this.#find(namespace, name);
    const absent = `neither Secret ${namespace}/${name}${AUTHORITY_SUFFIX} nor ${namespace}/${name} exists: kubectl -n ${namespace} create secret generic ${name}${AUTHORITY_SUFFIX} --from-file=ca.crt=FILE makes it`;
    return hold(this.#authorities, `${namespace}/${name}`, secret, (found) =>
      found === undefined ? { problem: absent } : readAuthority(found),
    );
  }
}

interface Entry<T> extends Held<T> {
  secret: Secret | undefined;
}

/** Remembered by object: informers hand out the same one until it changes. */
function hold<T>(
  entries: Map<string, Entry<T>>,
  key: string,
  secret: Secret | undefined,
  read: (secret: Secret | undefined) => Reading<T>,
): Held<T> {
  const known = entries.get(key);
  if (known !== undefined && known.secret === secret) return known;
  const reading = read(secret);
  const entry =
    "value" in reading
      ? { secret, value: reading.value, problem: undefined }
      : { secret, value: known?.value, problem: reading.problem };
  entries.set(key, entry);
  return entry;
}
