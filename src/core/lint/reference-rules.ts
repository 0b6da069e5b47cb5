// What VirtualServices and DestinationRules refer to, and whether it is there.

import { didYouMean } from "../spec/did-you-mean.ts";
import { fullHost, sameHost } from "../traffic/destination.ts";
import { subsetSelects } from "../traffic/find-subsets.ts";
import {
  type Destination,
  type DestinationRule,
  destinationsOf,
  httpRoutesOf,
  subsetsOf,
  type VirtualService,
} from "../traffic/virtual-service.ts";
import type { Report } from "./finding.ts";
import { type ObjectSet, objectsOf, severityOfMissing, whereOf } from "./object-set.ts";

export function virtualServiceReports(service: VirtualService, namespace: string, set: ObjectSet): Report[] {
  const destinations = httpRoutesOf(service).flatMap((route, index) =>
    destinationsOf(route).flatMap(({ destination }, place) => {
      const segments = ["spec", "http", index, "route", place, "destination"];
      if (typeof destination?.host !== "string") return [];
      return [
        ...hostReports(destination.host, [...segments, "host"], namespace, set),
        ...subsetReports(destination, segments, namespace, set),
      ];
    }),
  );
  return [...gatewayReports(service, namespace, set), ...destinations];
}

export function destinationRuleReports(rule: DestinationRule, namespace: string, set: ObjectSet): Report[] {
  const { host } = rule.spec;
  const hosts = typeof host === "string" ? hostReports(host, ["spec", "host"], namespace, set) : [];
  const deployments = objectsOf(set, "Deployment", namespace);
  if (deployments.length === 0 && !set.complete) return hosts;
  const selecting = subsetsOf(rule).flatMap((subset, index): Report[] => {
    if (deployments.some((deployment) => subsetSelects(subset, deployment))) return [];
    const labels = Object.entries(subset.labels ?? {}).map(([key, value]) => `${key}: ${value}`);
    return [
      {
        code: "SRN0303",
        severity: "warning",
        segments: ["spec", "subsets", index],
        message: `subset ${subset.name} selects no pods: no Deployment ${whereOf(set)} has {${labels.join(", ")}} on its pod template`,
        cure: "correct its labels, or add the Deployment",
      },
    ];
  });
  return [...hosts, ...selecting];
}

function subsetReports(
  { host, subset }: Destination,
  segments: (string | number)[],
  namespace: string,
  set: ObjectSet,
): Report[] {
  if (subset === undefined) return [];
  const rules = objectsOf(set, "DestinationRule", namespace).filter((rule) =>
    sameHost(rule.spec.host, host, namespace),
  );
  const known = rules.flatMap((rule) => subsetsOf(rule).map(({ name }) => name));
  if (known.includes(subset)) return [];
  const meant = didYouMean(subset, known);
  const report = { code: "SRN0301" as const, segments: [...segments, "subset"] };
  if (rules.length === 0)
    return [
      {
        ...report,
        severity: severityOfMissing(set),
        message: `no DestinationRule for ${host} ${whereOf(set)}, so subset ${subset} is answered 503`,
        cure: `create one with subsets: [{name: ${subset}, labels: {version: ${subset}}}]`,
      },
    ];
  const { name } = rules[0]!.metadata;
  return [
    {
      ...report,
      severity: "error",
      message: `DestinationRule ${name} has no subset ${subset}, so its share is answered 503`,
      cure:
        meant === undefined
          ? `add it to spec.subsets there (known: ${known.join(", ") || "none"})`
          : `did you mean ${meant}?`,
    },
  ];
}

/** Names without a dot and in-cluster names are Services; any other may be the world's. */
function hostReports(host: string, segments: (string | number)[], namespace: string, set: ObjectSet): Report[] {
  const full = fullHost(host, namespace);
  const parts = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(full);
  if (parts === null) return [];
  const [, name = "", at = ""] = parts;
  const services = objectsOf(set, "Service", at).map(({ metadata }) => metadata.name);
  const entries = objectsOf(set, "ServiceEntry").flatMap(({ spec }) => (spec as { hosts?: string[] }).hosts ?? []);
  if (services.includes(name) || entries.includes(full)) return [];
  const meant = didYouMean(name, services);
  return [
    {
      code: "SRN0302",
      severity: severityOfMissing(set),
      segments,
      message: `no Service ${name} in namespace ${at} ${whereOf(set)}, so nobody serves ${host}`,
      cure: meant === undefined ? "create it, or correct the host" : `did you mean ${meant}?`,
    },
  ];
}

function gatewayReports({ spec }: VirtualService, namespace: string, set: ObjectSet): Report[] {
  const names = Array.isArray(spec.gateways) ? spec.gateways : [];
  return names.flatMap((reference, index): Report[] => {
    if (reference === "mesh" || typeof reference !== "string") return [];
    const [at, name] = reference.includes("/") ? (reference.split("/") as [string, string]) : [namespace, reference];
    const gateways = objectsOf(set, "Gateway", at).map(({ metadata }) => metadata.name);
    if (gateways.includes(name)) return [];
    const meant = didYouMean(name, gateways);
    return [
      {
        code: "SRN0304",
        severity: severityOfMissing(set),
        segments: ["spec", "gateways", index],
        message: `Gateway ${name} is not in namespace ${at} ${whereOf(set)}`,
        cure: meant === undefined ? "create it, or correct the name" : `did you mean ${meant}?`,
      },
    ];
  });
}
