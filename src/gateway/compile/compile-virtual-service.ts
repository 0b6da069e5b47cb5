// A VirtualService on its own: names resolved, matches and actions compiled, and everything wrong with it by field. What
// depends on other objects (Gateways, Services, DestinationRules) is joined in compile.ts.

import type { HttpRoute, VirtualService } from "../objects.ts";
import { fullyQualified, gatewayName } from "../routing/names.ts";
import type { HeaderEdits, Problem, RouteOrigin } from "../routing/table.ts";
import { type ActionTemplate, compileAction } from "./compile-action.ts";
import { compileHeaders } from "./compile-headers.ts";
import { type Complain, compileMatch, type MatchTemplate } from "./compile-match.ts";
import { compileTlsRoutes, type TlsRouteTemplate } from "./compile-tls-routes.ts";
import { unsupportedFields } from "./fields.ts";

export interface VirtualServiceTemplate {
  object: VirtualService;
  namespace: string;
  name: string;
  /** Lower case, fully qualified. */
  hosts: string[];
  /** `ns/name`, or "mesh". */
  gateways: string[];
  /** Namespaces that may see it; empty: all. */
  exportTo: string[];
  http: HttpTemplate[];
  tls: TlsRouteTemplate[];
  /** Has no hosts: serves only through the roots that name it. */
  isDelegate: boolean;
  /** Positions in spec.http that stand for another VirtualService, `ns/name`; delegates.ts puts its routes there. */
  delegating: { http: number; target: string }[];
  /** Anything in here means: not to be served. */
  problems: Problem[];
  /** What is left out of it while it is served. */
  notes: Problem[];
}

export interface HttpTemplate {
  /** In spec.http. */
  position: number;
  /** Where it comes from when it is not its own: `ns/name http[2]`. */
  delegate?: string;
  /** Of Gateway API: the object that it is written in; `position` is that of its rule. */
  origin?: RouteOrigin;
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
  const isDelegate = hosts.length === 0;
  if (isDelegate && (spec.gateways ?? []).length > 0)
    complain(
      "spec.hosts",
      'spec.hosts is empty: name at least one host, or "*" for any (a delegate has none, and no gateways)',
    );
  const written = spec.http ?? [];
  const delegating = written.flatMap(({ delegate }, i) =>
    delegate ? [{ http: i, target: `${delegate.namespace || namespace}/${delegate.name ?? ""}` }] : [],
  );
  const http = written.flatMap((route, i): HttpTemplate[] => {
    const field = `spec.http[${i}]`;
    if (route.delegate) return checkRoot(route, field, { namespace, isDelegate, complain });
    return [{ ...compileHttp(route, field, namespace, complain), position: i }];
  });
  const tls = compileTlsRoutes(object, complain);
  if (written.length + tls.length === 0 && problems.length === 0)
    complain("spec.http", "spec.http has no route: add one with a destination");
  // An absent list means the mesh only, as in Istio.
  const gateways = (spec.gateways ?? ["mesh"]).map((reference) => gatewayName(reference, namespace));
  const exportTo = spec.exportTo ?? [];
  return { object, namespace, name, hosts, gateways, exportTo, http, tls, isDelegate, delegating, problems, notes: [] };
}

/** Nothing is served by a root's route itself. */
function checkRoot(
  route: HttpRoute,
  field: string,
  { namespace, isDelegate, complain }: { namespace: string; isDelegate: boolean; complain: Complain },
): [] {
  if (isDelegate) complain(`${field}.delegate`, `${field}.delegate: a delegate cannot delegate in its turn`);
  if (!route.delegate?.name) complain(`${field}.delegate.name`, `${field}.delegate.name is missing`);
  if (route.route !== undefined || route.redirect !== undefined)
    complain(field, `${field} has a delegate, so it must not have route or redirect`);
  else if (route.directResponse !== undefined) compileHttp(route, field, namespace, complain);
  else compileHttp({ ...route, route: [{ destination: { host: "delegate" } }] }, field, namespace, complain);
  return [];
}

export function compileHttp(
  route: HttpRoute,
  field: string,
  namespace: string,
  complain: Complain,
): Omit<HttpTemplate, "position"> {
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
