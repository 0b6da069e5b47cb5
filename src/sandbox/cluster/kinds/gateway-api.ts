// Kinds of Gateway API that the sandbox's gateway does not read: their definitions may be installed, and whoever writes one is told.

import type { KindRules } from "./kind-rules.ts";

const INSTEAD: Readonly<Record<string, string>> = {
  TLSRoute: "pass TLS through by the tls routes of a VirtualService",
  TCPRoute: "it serves HTTP, HTTPS and TLS by server name",
  UDPRoute: "it serves HTTP, HTTPS and TLS by server name",
  ListenerSet: "write the listeners into the Gateway",
  BackendTLSPolicy: "a DestinationRule's trafficPolicy.tls does it",
};

const rules: KindRules = {
  warning: ({ kind }) => `the Serin sandbox's gateway reads no ${kind}: ${INSTEAD[kind]}`,
};

export const unreadGatewayApiRules: Readonly<Record<string, KindRules>> = Object.fromEntries(
  Object.keys(INSTEAD).map((kind) => [`gateway.networking.k8s.io/${kind}`, rules]),
);
