// From a `credentialName` to what the Secret holds. As istiod decides for its gateways, only Secrets of the gateway's own namespace can
// be named, wherever the object that names them lives.

import type { Held } from "../credential-store.ts";
import type { Authority, KeyPair } from "../credentials.ts";
import type { Problem } from "../routing/table.ts";
import type { World } from "../world.ts";

/** `effect` is "refused" where nothing is said. */
export type ComplainAbout = (field: string, message: string, effect?: Problem["effect"]) => void;

export interface CredentialReader {
  world: World;
  complain: ComplainAbout;
  /** What an unusable credential does to who names it. */
  consequence: string;
  /** Gateway API's references have been checked: they name any namespace. */
  anyNamespace?: boolean;
}

/** For explaining without a look into Secrets: every credential is taken to be there. */
const UNSEEN_PAIR: KeyPair = { certificate: "", key: "" };
const UNSEEN_AUTHORITY: Authority = { certificates: "", revoked: undefined };

/** Undefined: there is none to use, and it has been said. */
export function keyPairOf(name: string, field: string, reader: CredentialReader): KeyPair | undefined {
  const { credentials } = reader.world;
  if (credentials === undefined) return UNSEEN_PAIR;
  return use(name, field, reader, (namespace, plain) => credentials.keyPair(namespace, plain));
}

export function authorityOf(name: string, field: string, reader: CredentialReader): Authority | undefined {
  const { credentials } = reader.world;
  if (credentials === undefined) return UNSEEN_AUTHORITY;
  return use(name, field, reader, (namespace, plain) => credentials.authority(namespace, plain));
}

function use<T>(
  name: string,
  field: string,
  { world, complain, consequence, anyNamespace = false }: CredentialReader,
  look: (namespace: string, name: string) => Held<T>,
): T | undefined {
  const [, plain] = /^(?:kubernetes:\/\/)?([^:]+)$/.exec(name) ?? [];
  const [own, namespace = world.gatewayNamespace] = (plain ?? "").split("/").reverse();
  if (!own || (namespace !== world.gatewayNamespace && !anyNamespace)) {
    complain(
      field,
      `${field}: "${name}" is no Secret of ${world.gatewayNamespace}, and the gateway reads no others: put the Secret there and write its bare name (${consequence})`,
    );
    return undefined;
  }
  const { value, problem } = look(namespace, own);
  if (problem !== undefined && value !== undefined)
    complain(field, `${field}: ${problem} (the last good one stays in force)`, "partly-honoured");
  else if (problem !== undefined) complain(field, `${field}: ${problem} (${consequence})`);
  return value;
}
