// TLS towards endpoints, as a DestinationRule's `tls` says. What is checked where it is silent is istiod's (cluster_tls.go): without
// `sni` and `subjectAltNames` the name that the request is for, with `sni` alone only who signed the certificate.
// https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings

import type { ClientTls, DestinationRule } from "../objects.ts";
import type { ServerTrust, UpstreamTls } from "../routing/tls-settings.ts";
import type { World } from "../world.ts";
import { authorityOf, type ComplainAbout, type CredentialReader, keyPairOf } from "./find-credential.ts";

/** Undefined: plain text. "unavailable": it cannot be done, and requests fail as they do when no handshake succeeds. */
export function compileUpstreamTls(
  tls: ClientTls | undefined,
  field: string,
  world: World,
  complain: ComplainAbout,
): UpstreamTls | "unavailable" | undefined {
  // The mesh's own TLS ends in sidecars, which the sandbox's pods do not have.
  if (tls === undefined || !["SIMPLE", "MUTUAL"].includes(tls.mode ?? "DISABLE")) return undefined;
  const reader = { world, complain: partly(complain), consequence: "until then requests to it fail" };
  const keyPair = tls.mode === "MUTUAL" ? clientPair(tls, field, reader) : undefined;
  const trust = trustOf(tls, field, reader);
  if (keyPair === "missing" || trust === "missing") return "unavailable";
  return { serverName: tls.sni || undefined, trust, keyPair };
}

/** Everything that is wrong with a rule's TLS beside fields that are not honoured. */
export function checkUpstreamTls({ spec }: DestinationRule, world: World, complain: ComplainAbout): void {
  const policies = [
    ["spec.trafficPolicy", spec.trafficPolicy] as const,
    ...(spec.subsets ?? []).map((each, i) => [`spec.subsets[${i}].trafficPolicy`, each.trafficPolicy] as const),
  ];
  for (const [field, policy] of policies) {
    compileUpstreamTls(policy?.tls, `${field}.tls`, world, complain);
    policy?.portLevelSettings?.forEach((each, i) =>
      compileUpstreamTls(each.tls, `${field}.portLevelSettings[${i}].tls`, world, complain),
    );
  }
}

/** A rule is never refused as a whole. */
function partly(complain: ComplainAbout): ComplainAbout {
  return (field, message) => complain(field, message, "partly-honoured");
}

function clientPair({ credentialName }: ClientTls, field: string, reader: CredentialReader) {
  if (credentialName) return keyPairOf(credentialName, `${field}.credentialName`, reader) ?? "missing";
  reader.complain(
    `${field}.credentialName`,
    `${field}.credentialName is missing: MUTUAL shows a certificate of a Secret in istio-system (${reader.consequence})`,
  );
  return "missing";
}

function trustOf(
  { credentialName, sni, subjectAltNames = [], insecureSkipVerify }: ClientTls,
  field: string,
  reader: CredentialReader,
): ServerTrust | undefined | "missing" {
  if (insecureSkipVerify === true) return undefined;
  const authority = credentialName ? authorityOf(credentialName, `${field}.credentialName`, reader) : "system";
  if (authority === undefined) return "missing";
  return { authority, names: subjectAltNames.length > 0 || sni ? subjectAltNames : undefined };
}
