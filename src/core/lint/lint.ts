// Lints Kubernetes objects without a cluster: what would be refused or would not work, before anything is applied.
//
// lintObjects(objects, { namespace, crds, complete }) -> Finding[]
//   objects    parsed documents, each with apiVersion, kind and metadata.name (whoever parses them sees to that)
//   namespace  of objects that name none
//   crds       CustomResourceDefinitions of Istio, for unknown fields and wrong values; without them only Serin's rules ask
//   complete   true when the objects are all there is: what is missing is an error then, else a warning
// A finding names its object by index, and its field by path, so that the caller can put it at a line and column.

import type { KubeObject } from "../kubernetes/object.ts";
import { canaryReports, rivalFindings } from "./canary-rules.ts";
import { duplicateFindings } from "./duplicate-rule.ts";
import { type Finding, findingOf, type Report } from "./finding.ts";
import { type Entry, isOfKind, type ObjectSet, objectSet, subjectOf } from "./object-set.ts";
import { destinationRuleReports, virtualServiceReports } from "./reference-rules.ts";
import { routeReports } from "./route-rules.ts";
import { type CrdLike, schemaReports, schemasOf } from "./schema-rules.ts";

export interface LintOptions {
  namespace: string;
  crds?: readonly CrdLike[];
  complete?: boolean;
}

/** In the order of the objects, and of the rules in each. */
export function lintObjects(objects: readonly KubeObject[], options: LintOptions): Finding[] {
  const set = objectSet(objects, options.namespace, options.complete ?? false);
  const schemas = schemasOf(options.crds ?? []);
  const findings = set.entries.flatMap((entry) =>
    [...schemaReports(entry.object, schemas), ...reportsOn(entry, set)].map((report) =>
      findingOf(report, entry.index, subjectOf(entry)),
    ),
  );
  return [...findings, ...rivalFindings(set), ...duplicateFindings(set)].sort((a, b) => a.object - b.object);
}

function reportsOn(entry: Entry, set: ObjectSet): Report[] {
  const { object } = entry;
  if (object.apiVersion.startsWith("serin.dev/")) return canaryReports(entry, set);
  if (isOfKind(object, "VirtualService"))
    return [...routeReports(object), ...virtualServiceReports(object, entry.namespace, set)];
  if (isOfKind(object, "DestinationRule")) return destinationRuleReports(object, entry.namespace, set);
  return [];
}
