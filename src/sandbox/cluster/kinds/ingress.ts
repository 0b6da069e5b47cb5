// Ingresses and their classes: stored and validated for those who read them (istiod, charts); the gateway here does not.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { type FieldProblem, invalidValue, notSupported, requiredValue } from "../errors.ts";
import { isSubdomain } from "../names.ts";
import type { KindRules } from "./kind-rules.ts";

interface Backend {
  service?: { name?: string; port?: { name?: string; number?: number } };
  resource?: object;
}

interface Path {
  path?: string;
  pathType?: string;
  backend?: Backend;
}

interface Rule {
  host?: string;
  http?: { paths?: Path[] };
}

const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];

export const ingressRules: KindRules = {
  prepareCreate: (_core, object) => {
    object["status"] = { loadBalancer: {} };
  },
  problems: (object) => {
    const { defaultBackend, rules = [] } = specOf<{ defaultBackend?: Backend; rules?: Rule[] }>(object);
    if (defaultBackend === undefined && rules.length === 0)
      return [invalidValue("spec", undefined, "either `defaultBackend` or `rules` must be specified")];
    return [
      ...(defaultBackend === undefined ? [] : backendProblems("spec.defaultBackend", defaultBackend)),
      ...rules.flatMap((rule, index) => ruleProblems(`spec.rules[${index}]`, rule)),
    ];
  },
  warning: () => "nothing serves an Ingress in the Serin sandbox: route with a Gateway and a VirtualService",
};

export const ingressClassRules: KindRules = {
  problems: (object) => (specOf<{ controller?: string }>(object).controller ? [] : [requiredValue("spec.controller")]),
};

function specOf<Spec>(object: KubeObject): Spec {
  return (object["spec"] ?? {}) as Spec;
}

function ruleProblems(field: string, { host = "", http }: Rule): FieldProblem[] {
  const problems = hostProblems(`${field}.host`, host);
  if (http === undefined) return problems;
  const paths = http.paths ?? [];
  if (paths.length === 0) return [...problems, requiredValue(`${field}.http.paths`)];
  return [...problems, ...paths.flatMap((path, index) => pathProblems(`${field}.http.paths[${index}]`, path))];
}

function hostProblems(field: string, host: string): FieldProblem[] {
  if (host === "") return [];
  if (/^\d+(\.\d+){3}$/.test(host)) return [invalidValue(field, host, "must be a DNS name, not an IP address")];
  return isSubdomain(host.replace(/^\*\./, "")).map((wrong) => invalidValue(field, host, wrong));
}

function pathProblems(field: string, { path = "", pathType, backend = {} }: Path): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (pathType === undefined) problems.push(requiredValue(`${field}.pathType`, "pathType must be specified"));
  else if (!PATH_TYPES.includes(pathType)) problems.push(notSupported(`${field}.pathType`, pathType, PATH_TYPES));
  else if (!path.startsWith("/") && (path !== "" || pathType !== "ImplementationSpecific"))
    problems.push(invalidValue(`${field}.path`, path, "must be an absolute path"));
  return [...problems, ...backendProblems(`${field}.backend`, backend)];
}

function backendProblems(field: string, { service, resource }: Backend): FieldProblem[] {
  if (resource !== undefined && service !== undefined)
    return [invalidValue(field, undefined, "cannot set both resource and service backends")];
  if (resource !== undefined) return [];
  if (!service?.name) return [requiredValue(`${field}.service.name`)];
  return service.port?.name || service.port?.number ? [] : [requiredValue(field, "port name or number is required")];
}
