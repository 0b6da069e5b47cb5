// What a listener that ends TLS does it with. istiod 1.31, conversion.go (buildTLS, buildSecretReference).

import type { Credentials } from "../credential-store.ts";
import type { ServerTls } from "../objects.ts";
import { type Finding, GROUP, type ListenerSpec, type ReferenceGrant } from "./objects.ts";

export interface CertificateSources {
  grants: readonly ReferenceGrant[];
  /** Absent: nobody looks into Secrets. */
  credentials: Credentials | undefined;
  /** Of the Gateway. */
  namespace: string;
}

interface SecretReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
}

export interface ListenerTls {
  /** Undefined for a listener of plain text. */
  settings: ServerTls | undefined;
  /** For ResolvedRefs. */
  finding: Finding | undefined;
}

const MODE = "gateway.istio.io/tls-terminate-mode";
const CIPHERS = "gateway.istio.io/tls-cipher-suites";

export function listenerTls({ protocol, tls }: ListenerSpec, sources: CertificateSources): ListenerTls {
  if (protocol !== "HTTPS" || tls === undefined) return { settings: undefined, finding: undefined };
  const { certificateRefs = [], options = {} } = tls;
  const findings = certificateRefs.flatMap((ref) => whyNot(ref, sources) ?? []);
  const names = certificateRefs.map((ref) => `${ref.namespace ?? sources.namespace}/${ref.name}`);
  const mode = options[MODE] ?? "SIMPLE";
  const ciphers = options[CIPHERS]?.split(",").map((each) => each.trim());
  const settings: ServerTls = {
    mode,
    ...(names.length === 1 ? { credentialName: names[0]! } : { credentialNames: names }),
    ...(ciphers === undefined ? {} : { cipherSuites: ciphers }),
  };
  if (names.length > 2)
    findings.unshift({
      reason: "InvalidCertificateRef",
      message: "TLS mode can only support up to 2 server certificates",
    });
  const [first] = findings;
  if (first === undefined) return { settings, finding: undefined };
  return { settings, finding: { reason: first.reason, message: findings.map(({ message }) => message).join("; ") } };
}

function whyNot(ref: SecretReference, { grants, credentials, namespace }: CertificateSources): Finding | undefined {
  const { group = "", kind = "Secret", name } = ref;
  const written = `${group}/${kind}/${name}.${ref.namespace ?? ""}`;
  const invalid = (why: string): Finding => ({
    reason: "InvalidCertificateRef",
    message: `invalid certificate reference ${written}, ${why}`,
  });
  if (group !== "" || kind !== "Secret") return invalid("only secret is allowed");
  const from = ref.namespace ?? namespace;
  const held = credentials?.keyPair(from, name);
  if (held !== undefined && held.value === undefined) return invalid(held.problem ?? "it cannot be used");
  if (from === namespace || isGranted(name, from, namespace, grants)) return undefined;
  return {
    reason: "RefNotPermitted",
    message: `certificateRef ${name}/${from} not accessible to a Gateway in namespace ${JSON.stringify(namespace)} (missing a ReferenceGrant?)`,
  };
}

function isGranted(name: string, to: string, from: string, grants: readonly ReferenceGrant[]): boolean {
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === to &&
      spec.from.some((each) => each.group === GROUP && each.kind === "Gateway" && each.namespace === from) &&
      spec.to.some((each) => each.group === "" && each.kind === "Secret" && (each.name ?? name) === name),
  );
}
