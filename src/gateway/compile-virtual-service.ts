// A VirtualService on its own: names resolved, matches and actions compiled, and everything wrong with it by field. What
// depends on other objects (Gateways, Services, DestinationRules) is joined in compile.ts.

import { type ActionTemplate, compileAction } from "./compile-action.ts";
import { compileHeaders } from "./compile-headers.ts";
import { compileMatch, type MatchTemplate } from "./compile-match.ts";
import { unsupportedFields } from "./fields.ts";
import { fullyQualified, gatewayName } from "./names.ts";
import type { HttpRoute, VirtualService } from "./objects.ts";
import type { HeaderEdits, Problem } from "./table.ts";

export interface VirtualServiceTemplate {
  namespace: string;
  name: string;
  /** Lower case, fully qualified. */
  hosts: string[];
  /** `ns/name`, or "mesh". */
  gateways: string[];
  /** Namespaces that may see it; empty: all. */
  exportTo: string[];
  http: HttpTemplate[];
  /** Anything in here means: not to be served. */
  problems: Problem[];
}

export interface HttpTemplate {
  name: string;
  /** Empty: no condition at all. */
  matches: MatchTemplate[];
  action: ActionTemplate;
  headers: HeaderEdits;
}

const compiled = new WeakMap<VirtualService, VirtualServiceTemplate>();

/** Remembered by object: informers hand out the same object until it changes. */
export function compileVirtualService(object: VirtualService): VirtualServiceTemplate {
  const known = compiled.get(object);
  if (known !== undefined) return known;
  const template = compileAnew(object);
  compiled.set(object, template);
  return template;
}

function compileAnew(object: VirtualService): VirtualServiceTemplate {
  const { name, namespace = "default" } = object.metadata;
  const spec = object.spec ?? {};
  const problems: Problem[] = [];
  const complain = (field: string, message: string) =>
    void problems.push({ kind: "VirtualService", namespace, name, field, message, effect: "refused" });
  for (const { field, message } of unsupportedFields("VirtualService", spec)) complain(field, message);
  const hosts = (spec.hosts ?? []).map((host) => fullyQualified(host, namespace).toLowerCase());
  if (hosts.length === 0) complain("spec.hosts", 'spec.hosts is empty: name at least one host, or "*" for any');
  const http = (spec.http ?? []).map((route, i) => compileHttp(route, `spec.http[${i}]`, namespace, complain));
  if (http.length === 0 && problems.length === 0)
    complain("spec.http", "spec.http has no route: add one with a destination");
  // An absent list means the mesh only, as in Istio.
  const gateways = (spec.gateways ?? ["mesh"]).map((reference) => gatewayName(reference, namespace));
  return { namespace, name, hosts, gateways, exportTo: spec.exportTo ?? [], http, problems };
}

function compileHttp(
  route: HttpRoute,
  field: string,
  namespace: string,
  complain: (field: string, message: string) => void,
): HttpTemplate {
  const matches = (route.match ?? []).map((match, i) => compileMatch(match, `${field}.match[${i}]`, complain));
  for (const { place } of matches)
    if (place.gateways) place.gateways = place.gateways.map((each) => gatewayName(each, namespace));
  return {
    name: route.name ?? "",
    matches,
    action: compileAction(route, field, namespace, complain),
    headers: compileHeaders(route.headers, `${field}.headers`, complain),
  };
}
