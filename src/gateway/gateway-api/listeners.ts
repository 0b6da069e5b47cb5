// Listeners of the Gateways that are ours, each as an Istio Gateway with one server, so that a route can be bound to exactly one of
// them. istiod 1.31, pilot/pkg/config/kube/gateway/gateway_collection.go and conversion.go (buildListener).

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { matchesSelector } from "../../core/kubernetes/selector.ts";
import type { Credentials } from "../credential-store.ts";
import type { IstioGateway } from "../objects.ts";
import { type ListenerTls, listenerTls } from "./certificates.ts";
import type { Assignment } from "./gateway-services.ts";
import { internalName } from "./internal-name.ts";
import { listenerConflicts } from "./listener-conflicts.ts";
import {
  CONTROLLER,
  type Finding,
  type GatewayApiObjects,
  type GatewayClass,
  GROUP,
  type KubernetesGateway,
  type ListenerSpec,
  type RouteGroupKind,
} from "./objects.ts";

/** The class that exists without an object, as in Istio. */
export const CLASS = "istio";

export interface CompiledGateway {
  object: KubernetesGateway;
  listeners: CompiledListener[];
  assignment: Assignment;
}

export interface CompiledListener {
  spec: ListenerSpec;
  /** Which routes may be bound here. Undefined: the listener lost to another one. */
  parent: Parent | undefined;
  supportedKinds: RouteGroupKind[];
  hasWrongKinds: boolean;
  conflict: string | undefined;
  /** For Accepted. */
  finding: Finding | undefined;
  tls: ListenerTls;
}

/** What a route's parentRef can mean. */
export interface Parent {
  /** `ns/name~…~listener`. */
  internalName: string;
  section: string;
  port: number;
  protocol: string;
  /** "" for any. */
  hostname: string;
  /** `namespace/hostname`, namespace `*` for all. */
  hosts: string[];
  kinds: readonly RouteGroupKind[];
}

/** Gateways of foreign classes are nobody's here: left alone, without a status. */
export function isOurs({ spec }: KubernetesGateway, classes: readonly GatewayClass[]): boolean {
  const object = classes.find(({ metadata }) => metadata.name === spec.gatewayClassName);
  return object === undefined ? spec.gatewayClassName === CLASS : object.spec.controllerName === CONTROLLER;
}

export function compileListeners(
  object: KubernetesGateway,
  { namespaces, grants }: Pick<GatewayApiObjects, "namespaces" | "grants">,
  credentials: Credentials | undefined,
  assignment: Assignment,
): CompiledGateway {
  const { name, namespace = "default" } = object.metadata;
  const conflicts = listenerConflicts(object.spec.listeners);
  const hasAddress = assignment.services.length > 0;
  const listeners = object.spec.listeners.map((spec): CompiledListener => {
    const { kinds, hasWrong } = supportedKinds(spec);
    const conflict = conflicts.get(spec.name);
    const parent: Parent = {
      internalName: `${namespace}/${internalName(name, spec.name)}`,
      section: spec.name,
      port: spec.port,
      protocol: spec.protocol,
      hostname: spec.hostname ?? "",
      hosts: hostsOf(spec, namespace, namespaces),
      kinds,
    };
    return {
      spec,
      parent: conflict === undefined && hasAddress && !isTlsWithout(spec) ? parent : undefined,
      supportedKinds: kinds,
      hasWrongKinds: hasWrong,
      conflict,
      finding: protocolFinding(spec),
      tls: listenerTls(spec, { grants, credentials, namespace }),
    };
  });
  return { object, listeners, assignment };
}

/** istiod makes no server of it, and says nothing. */
function isTlsWithout({ protocol, tls }: ListenerSpec): boolean {
  return tls === undefined && (protocol === "HTTPS" || protocol === "TLS");
}

const HTTP_KINDS = ["HTTPRoute", "GRPCRoute"];

function supportedKinds({ protocol, tls, allowedRoutes }: ListenerSpec): {
  kinds: RouteGroupKind[];
  hasWrong: boolean;
} {
  const isTerminated = tls?.mode === "Terminate";
  const supported: Record<string, string[]> = {
    HTTP: HTTP_KINDS,
    HTTPS: HTTP_KINDS,
    TCP: ["TCPRoute"],
    TLS: isTerminated ? ["TLSRoute", "TCPRoute"] : ["TLSRoute"],
  };
  const kinds = (supported[protocol] ?? []).map((kind): RouteGroupKind => ({ group: GROUP, kind }));
  const asked = allowedRoutes?.kinds ?? [];
  if (asked.length === 0) return { kinds, hasWrong: false };
  const both = kinds.filter(({ kind }) => asked.some((each) => each.kind === kind && (each.group ?? GROUP) === GROUP));
  return { kinds: both, hasWrong: both.length !== asked.length };
}

function protocolFinding({ protocol, tls }: ListenerSpec): Finding | undefined {
  if (protocol === "HTTPS" && tls?.mode === "Passthrough")
    return {
      reason: "UnsupportedProtocol",
      message: "tls.mode Passthrough is for TLSRoutes, which the sandbox gateway does not read: use Terminate",
    };
  if (protocol === "HTTP" || protocol === "HTTPS") return undefined;
  const upper = protocol.toUpperCase();
  const message =
    protocol === "TLS" || protocol === "TCP"
      ? `protocol "${protocol}" is not supported by the sandbox gateway: use HTTP or HTTPS`
      : upper !== protocol && ["HTTP", "HTTPS", "TLS", "TCP", "HBONE"].includes(upper)
        ? `protocol "${protocol}" is unsupported. hint: "${upper}" (uppercase) may be supported`
        : protocol === "HBONE"
          ? `protocol "HBONE" is only supported for waypoint proxies`
          : `protocol "${protocol}" is unsupported`;
  return { reason: "UnsupportedProtocol", message };
}

/** Namespaces that may bind routes here, in the way of an Istio server; `~` is none. */
function hostsOf(spec: ListenerSpec, own: string, namespaces: readonly KubeObject[]): string[] {
  const hostname = spec.hostname ?? "*";
  const hosts = namespacesOf(spec, own, namespaces).map((namespace) => `${namespace}/${hostname}`);
  return hosts.length === 0 ? [`~/${hostname}`] : hosts;
}

function namespacesOf({ allowedRoutes }: ListenerSpec, own: string, namespaces: readonly KubeObject[]): string[] {
  const { from = "Same", selector } = allowedRoutes?.namespaces ?? {};
  if (from === "Same") return [own];
  if (from === "All" || selector === undefined) return ["*"];
  return namespaces
    .filter(({ metadata }) =>
      matchesSelector(selector, { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name }),
    )
    .map(({ metadata }) => metadata.name)
    .sort();
}

/** For compile-gateways.ts: a listener that can be served at all. */
export function asIstioGateways(
  { object, listeners, assignment }: CompiledGateway,
  openPorts: readonly number[],
): IstioGateway[] {
  if (!assignment.isServed) return [];
  const { namespace = "default", creationTimestamp } = object.metadata;
  return listeners.flatMap(({ parent, finding, tls }): IstioGateway[] => {
    if (parent === undefined || finding !== undefined || !openPorts.includes(parent.port)) return [];
    const name = parent.internalName.slice(namespace.length + 1);
    const port = { number: parent.port, name: "default", protocol: parent.protocol };
    return [
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { name, namespace, creationTimestamp },
        spec: { servers: [{ port, hosts: parent.hosts, ...(tls.settings && { tls: tls.settings }) }] },
      },
    ];
  });
}
