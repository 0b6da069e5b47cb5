// What a differential case is: objects, requests, and nothing about answers. Two worlds give those, and they must be equal.
// Cases are data. Every case owns the host names under `case.test` and Services called `case-…`; `instantiate` gives it a number of its
// own in their place, so that hundreds of cases live in one mesh side by side.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";

export interface DifferentialCase {
  /** Unique. */
  name: string;
  /** What it is about, for the report's table. */
  feature: string;
  /** `http` lists of VirtualServices on host case.test, gateway `gateways`; or whole specs. */
  routes: readonly RouteObject[];
  /** Further objects: DestinationRules, Services of its own. Namespace `default` unless they say otherwise. */
  objects?: readonly KubeObject[];
  requests: readonly CaseRequest[];
}

/** A VirtualService's spec; hosts default to case.test, gateways to the suite's. */
export interface RouteObject {
  /** Empty for a delegate, which has none. */
  hosts?: readonly string[];
  gateways?: readonly string[];
  exportTo?: readonly string[];
  namespace?: string;
  /** For delegates, which are named: `case-` and something. */
  name?: string;
  http: readonly unknown[];
}

export interface CaseRequest {
  method?: string;
  /** Default case.test. */
  host?: string;
  path?: string;
  /** Sent as written, in this order; names may repeat. */
  headers?: readonly (readonly [string, string])[];
  body?: string;
  /** Gateway port. */
  port?: number;
  /** How often it is sent; more than once compares distributions. */
  times?: number;
  /** The answer must have taken from..to milliseconds in both worlds. */
  takesMs?: readonly [number, number];
  /** Beside the subset compare which endpoint of it answered. */
  byEndpoint?: boolean;
  /** Only how many endpoints answered is compared, not which. */
  sticky?: boolean;
  /** Copies go out beside the request: they are waited for, and the order of arrival is not compared. */
  mirrored?: boolean;
  /** Which attempt reached a live endpoint is chance: its number is not compared. */
  luckyFirst?: boolean;
  /** What the upstream does, attempt by attempt; the last one repeats. See fleet.ts. Default: answers 200. */
  upstream?: readonly UpstreamStep[];
}

/** `headers` are added to the answer; `delayMs` passes before anything is sent. */
export type UpstreamStep =
  | { status: number; headers?: readonly (readonly [string, string])[]; body?: string; delayMs?: number }
  | "reset"
  | "garbage"
  | "hang";

export interface LiveCase {
  /** The case as written. */
  source: DifferentialCase;
  /** Same with the case's own names in place. */
  objects: KubeObject[];
  requests: readonly CaseRequest[];
}

export const GATEWAY = "suite-gateway";

/** Puts the case's own number into its names and makes Kubernetes objects of its routes. */
export function instantiate(source: DifferentialCase, number: number): LiveCase {
  const routes = source.routes.map((route, i) => virtualService(route, `case-${i}`));
  const own = (value: unknown) => replaceNames(value, `c${number}`);
  return {
    source,
    objects: own([...(source.objects ?? []), ...routes]) as KubeObject[],
    requests: own(source.requests.map((request) => ({ host: "case.test", ...request }))) as CaseRequest[],
  };
}

function virtualService({ namespace = "default", name: given, ...spec }: RouteObject, name: string): KubeObject {
  const bound = spec.hosts?.length === 0 ? {} : { hosts: ["case.test"], gateways: [`default/${GATEWAY}`] };
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: given ?? name, namespace },
    spec: { ...bound, ...spec },
  };
}

/** Texts are walked, keys too: header values name hosts, and maps may have them as keys. */
function replaceNames(value: unknown, id: string): unknown {
  if (typeof value === "string")
    return value
      .replaceAll("case.test", `${id}.test`)
      .replaceAll("CASE.test", `${id.toUpperCase()}.test`)
      .replaceAll(/\bcase-/g, `${id}-`);
  if (Array.isArray(value)) return value.map((each) => replaceNames(each, id));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceNames(each, id)]));
}
