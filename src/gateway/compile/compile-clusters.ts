// Clusters: a host, a port and perhaps a subset, with the endpoints that may receive requests now. Only clusters that a
// route names are made. A host that no Service has, or a subset that no DestinationRule defines, gets none: 503 NC.

import type { Pod } from "../../core/kubernetes/workload.ts";
import type { DestinationRule } from "../objects.ts";
import { fullyQualified } from "../routing/names.ts";
import type { Cluster, ConnectionLimits, Problem, UpstreamProtocol } from "../routing/table.ts";
import type { World } from "../world.ts";
import { endpointsByService } from "./compile-endpoints.ts";
import { type ClusterPolicy, checkPolicy, compilePolicy } from "./compile-load-balancer.ts";
import { protocolOf } from "./compile-protocol.ts";
import { checkUpstreamTls, compileUpstreamTls } from "./compile-upstream-tls.ts";
import { unsupportedFields } from "./fields.ts";
import { inOrder } from "./order.ts";
import type { ServiceDirectory } from "./service-directory.ts";

export interface ClusterRef {
  host: string;
  subset: string | undefined;
  port: number;
}

/** istiod's name for it. */
export function clusterKey({ host, subset = "", port }: ClusterRef): string {
  return `outbound|${port}|${subset}|${host}`;
}

export function compileClusters(
  world: World,
  services: ServiceDirectory,
  needed: ReadonlyMap<string, ClusterRef>,
): { clusters: Map<string, Cluster>; problems: Problem[] } {
  const rules = rulesByHost(world);
  const endpoints = endpointsByService(world);
  const clusters = new Map<string, Cluster>();
  for (const [key, { host, subset, port }] of needed) {
    const service = services.find(host);
    const servicePort = service?.spec.ports?.find((each) => each.port === port);
    if (service === undefined || servicePort === undefined) continue;
    const settings = settingsOf(rules.get(host) ?? [], subset, port);
    if (settings === undefined) continue;
    const { name, namespace = "default" } = service.metadata;
    const ready = endpoints(namespace, name, servicePort.name ?? "")
      .filter(({ pod }) => hasLabels(pod, settings.labels))
      .map(({ endpoint }) => endpoint);
    const { wantedProtocol, clientTls, limits, ...policy } = settings.policy;
    const protocol = wantedProtocol ?? protocolOf(servicePort);
    const tls = compileUpstreamTls(clientTls, "", world, () => {});
    const cluster = { key, host, service: { name, namespace }, subset, ...policy, protocol, tls };
    clusters.set(key, { ...cluster, limits: limits && limitsFor(protocol, limits), endpoints: ready });
  }
  return { clusters, problems: ruleProblems(world) };
}

/** With HTTP/2 requests share connections, whose number the endpoint's pool keeps: nobody waits for one of his own. */
function limitsFor(protocol: UpstreamProtocol, limits: ConnectionLimits): ConnectionLimits {
  return protocol === "http1" ? limits : { ...limits, maxConnections: Infinity };
}

/** Rules of the Service's own namespace; where it has none, those of the gateway's. Others this gateway does not see. */
function rulesByHost(world: World): Map<string, DestinationRule[]> {
  const own = new Map<string, DestinationRule[]>();
  const shared = new Map<string, DestinationRule[]>();
  for (const rule of inOrder(world.destinationRules)) {
    const { namespace = "default" } = rule.metadata;
    if (!isExported(rule, namespace, world.gatewayNamespace)) continue;
    const host = fullyQualified(rule.spec?.host ?? "", namespace);
    const lists = host.split(".")[1] === namespace ? own : namespace === world.gatewayNamespace ? shared : undefined;
    lists?.set(host, [...(lists.get(host) ?? []), rule]);
  }
  return new Map([...shared, ...own]);
}

function isExported({ spec }: DestinationRule, own: string, to: string): boolean {
  const exportTo = spec.exportTo ?? [];
  return (
    exportTo.length === 0 || exportTo.includes("*") || exportTo.includes(to) || (exportTo.includes(".") && own === to)
  );
}

/** Several rules on one host are merged: subsets add up, the first traffic policy wins. Undefined: no such subset. */
function settingsOf(
  rules: readonly DestinationRule[],
  subset: string | undefined,
  port: number,
): { labels: Record<string, string>; policy: ClusterPolicy } | undefined {
  const policy = rules.find(({ spec }) => spec.trafficPolicy !== undefined)?.spec.trafficPolicy;
  if (subset === undefined) return { labels: {}, policy: compilePolicy(policy, undefined, port) };
  const found = rules.flatMap(({ spec }) => spec.subsets ?? []).find(({ name }) => name === subset);
  if (found === undefined) return undefined;
  return {
    labels: found.labels ?? {},
    policy: compilePolicy(policy, found.trafficPolicy, port),
  };
}

function hasLabels(pod: Pod | undefined, labels: Record<string, string>): boolean {
  return Object.entries(labels).every(([key, value]) => pod?.metadata.labels?.[key] === value);
}

/** A rule's subsets are always honoured: without them its routes would lose their traffic. */
function ruleProblems(world: World): Problem[] {
  return world.destinationRules.flatMap((rule) => {
    const { metadata, spec } = rule;
    const found = unsupportedFields("DestinationRule", spec);
    const complain = (field: string, message: string) => void found.push({ field, message });
    checkPolicy(spec.trafficPolicy, "spec.trafficPolicy", complain);
    spec.subsets?.forEach(({ trafficPolicy }, i) =>
      checkPolicy(trafficPolicy, `spec.subsets[${i}].trafficPolicy`, complain),
    );
    checkUpstreamTls(rule, world, complain);
    const { name, namespace = "default" } = metadata;
    return found.map(
      (each): Problem => ({ kind: "DestinationRule", namespace, name, ...each, effect: "partly-honoured" }),
    );
  });
}
