// The TLS settings of one HTTPS server of a Gateway. Where it is silent they are Envoy's for servers.
// https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings

import type { ServerTls } from "../objects.ts";
import type { ClientValidation, TlsSettings, TlsVersion } from "../routing/tls-settings.ts";
import type { World } from "../world.ts";
import { authorityOf, type ComplainAbout, type CredentialReader, keyPairOf } from "./find-credential.ts";

/** Undefined: there is nothing to shake hands with, and it has been said. */
export function compileServerTls(
  tls: ServerTls,
  field: string,
  world: World,
  complain: ComplainAbout,
  anyNamespace: boolean,
): TlsSettings | undefined {
  const reader = { world, complain, anyNamespace, consequence: "until then connections to this server are closed" };
  const { credentialName, credentialNames = [] } = tls;
  const names = credentialName ? [credentialName] : credentialNames;
  const nameField = `${field}.${credentialName ? "credentialName" : "credentialNames"}`;
  const keyPairs = names.flatMap((name) => keyPairOf(name, nameField, reader) ?? []);
  const clients = compileClients(tls, names[0]!, nameField, reader);
  const [minVersion, maxVersion] = [
    versionOf(tls.minProtocolVersion, "TLSv1.2"),
    versionOf(tls.maxProtocolVersion, "TLSv1.3"),
  ];
  const ciphers = compileCiphers(tls.cipherSuites ?? [], `${field}.cipherSuites`, complain);
  if (keyPairs.length < names.length || clients === "nobody can be checked") return undefined;
  return { keyPairs, clients, minVersion, maxVersion, ciphers };
}

function versionOf(written: string | undefined, fallback: TlsVersion): TlsVersion {
  if (written === "TLSV1_2") return "TLSv1.2";
  return written === "TLSV1_3" ? "TLSv1.3" : fallback;
}

/** All certificates of a server share the authorities of the first one's name. */
function compileClients(
  { mode, subjectAltNames = [] }: ServerTls,
  name: string,
  field: string,
  reader: CredentialReader,
): ClientValidation | undefined | "nobody can be checked" {
  if (mode === "SIMPLE") return undefined;
  const authority = authorityOf(name, field, reader);
  return authority === undefined
    ? "nobody can be checked"
    : { authority, required: mode === "MUTUAL", subjectAltNames };
}

/** Envoy's default: forward secrecy and authenticated encryption only. */
const DEFAULT_CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];

/** Istio's list, without what no longer is in OpenSSL. */
const KNOWN_CIPHERS: readonly string[] = [
  ...DEFAULT_CIPHERS,
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
];

/** As in istiod, unknown ones are left out; with none left the default holds. */
function compileCiphers(written: readonly string[], field: string, complain: ComplainAbout): readonly string[] {
  const known = written.filter((each) => KNOWN_CIPHERS.includes(each));
  const unknown = written.filter((each) => !KNOWN_CIPHERS.includes(each));
  if (unknown.length > 0)
    complain(
      field,
      `${field}: ${unknown.join(", ")} left out; known are ${KNOWN_CIPHERS.join(", ")}, and TLS 1.3 has its own`,
      "partly-honoured",
    );
  return known.length === 0 ? DEFAULT_CIPHERS : [...new Set(known)];
}
