// What Istio's admission says about a server's protocol and its TLS settings taken together, and what only this gateway does not do.

import type { GatewayServer, ServerTls } from "../objects.ts";
import type { Complain } from "./compile-match.ts";

/** How a server speaks with its clients. */
export type Speech = "http" | "https" | "passthrough";

/** Undefined: it cannot be served, and why has been said. */
export function speechOf(server: GatewayServer, field: string, complain: Complain): Speech | undefined {
  const { tls, port } = server;
  const refuse = (at: string, why: string): undefined => {
    complain(`${field}.${at}`, `${field}.${at}${why}`);
  };
  const protocol = port?.protocol?.toUpperCase() ?? "";
  if (protocol === "HTTP") {
    if ((tls?.mode ?? "PASSTHROUGH") === "PASSTHROUGH") return "http";
    return refuse("tls", ": a server with protocol HTTP can have tls.httpsRedirect only; use protocol HTTPS for TLS");
  }
  if (tls === undefined) return refuse("tls", ` is missing: protocol ${protocol} needs tls.mode`);
  if (tls.mode === "PASSTHROUGH") return "passthrough";
  if (tls.mode === undefined)
    return refuse("tls.mode", " is missing, and Istio reads that as PASSTHROUGH: write SIMPLE, MUTUAL or PASSTHROUGH");
  if (protocol === "TLS")
    return refuse(
      "tls.mode",
      `: ${tls.mode} with protocol TLS ends TLS in front of tcp routes, which the gateway does not serve; use protocol HTTPS`,
    );
  return checkTermination(tls, refuse) ? "https" : undefined;
}

function checkTermination(tls: ServerTls, refuse: (at: string, why: string) => undefined): boolean {
  const { mode, credentialName, credentialNames = [], subjectAltNames = [] } = tls;
  const { minProtocolVersion, maxProtocolVersion } = tls;
  const wrong: [at: string, why: string, holds: boolean][] = [
    [
      "tls.credentialName",
      ` is missing: name a Secret in istio-system`,
      !credentialName && credentialNames.length === 0,
    ],
    ["tls.credentialNames", ": write this or credentialName, not both", !!credentialName && credentialNames.length > 0],
    [
      "tls.subjectAltNames",
      ": mode SIMPLE asks no client for a certificate; use MUTUAL",
      mode === "SIMPLE" && subjectAltNames.length > 0,
    ],
    [
      "tls.minProtocolVersion",
      " is above maxProtocolVersion",
      minProtocolVersion === "TLSV1_3" && maxProtocolVersion === "TLSV1_2",
    ],
  ];
  const found = wrong.find(([, , holds]) => holds);
  if (found !== undefined) refuse(found[0], found[1]);
  return found === undefined;
}
