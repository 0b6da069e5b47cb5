// What the upstream is told about a client's certificate: header x-forwarded-client-cert as Envoy writes it at Istio's gateways (SANITIZE_SET
// with certificate, subject, DNS and URI names). Made once for each connection.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert

import type { X509Certificate } from "node:crypto";
import { altNames } from "../upstreams/subject-alt-names.ts";

export function forwardedCertificate(certificate: X509Certificate): string {
  const hash = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  const uris = altNames(certificate, "URI");
  return [
    `Hash=${hash}`,
    `Cert="${escapePem(certificate.toString())}"`,
    `Subject="${subjectOf(certificate)}"`,
    ...(uris.length === 0 ? ["URI="] : uris.map((uri) => `URI=${uri}`)),
    ...altNames(certificate, "DNS").map((name) => `DNS=${name}`),
  ].join(";");
}

function escapePem(pem: string): string {
  return pem.replace(/[\n /+=]/g, (character) => encodeURIComponent(character));
}

/** RFC 2253: the last part comes first. */
function subjectOf({ subject }: X509Certificate): string {
  return subject.split("\n").reverse().join(",").replaceAll('"', '\\"');
}
