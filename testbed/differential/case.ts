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

export type HeaderPairs = readonly (readonly [string, string])[];

export interface CaseRequest {
  /** How the client speaks. Default HTTP/1.1; `h2c` is HTTP/2 by prior knowledge. */
  protocol?: "h2c";
  method?: string;
  /** Default case.test. */
  host?: string;
  path?: string;
  /** Sent as written, in this order; names may repeat. */
  headers?: HeaderPairs;
  body?: string;
  /** In place of `body`: one part after the other, chunked or as frames, `gapMs` between two. */
  pieces?: readonly string[];
  gapMs?: number;
  /** Sent after the body. */
  trailers?: HeaderPairs;
  /** After 101 these are sent one by one, each when the one before has come back. Then the client ends, or waits for the upstream to. */
  talk?: { say: readonly string[]; endedBy: "client" | "upstream" };
  /** Gateway port. */
  port?: number;
  /** How often it is sent; more than once compares distributions. */
  times?: number;
  /** All of `times` at once. */
  concurrent?: boolean;
  /** Chance has no part in it: of `times` each answer must come equally often. */
  exactly?: boolean;
  /** Passes before the first is sent. */
  afterMs?: number;
  /** The answer must have taken from..to milliseconds in both worlds. */
  takesMs?: readonly [number, number];
  /** As long from sending to the answer's first byte of body. */
  startsMs?: readonly [number, number];
  /** Beside the subset compare which endpoint of it answered. */
  byEndpoint?: boolean;
  /** Compare which of the case's connections to the upstreams it came by. */
  byConnection?: boolean;
  /** Only how many endpoints answered is compared, not which. */
  sticky?: boolean;
  /** Copies go out beside the request: they are waited for, and the order of arrival is not compared. */
  mirrored?: boolean;
  /** Which attempt reached a live endpoint is chance: its number is not compared. */
  luckyFirst?: boolean;
  /** What the upstream does, attempt by attempt; the last one repeats. See fleet.ts. Default: answers 200. */
  upstream?: readonly UpstreamStep[];
}

export interface UpstreamAnswer {
  /** 101: switches protocols and sends back every byte that comes. */
  status: number;
  /** Added to the answer's. */
  headers?: HeaderPairs;
  /** Default: the subset's name. After 101: the upstream's first words. */
  body?: string;
  /** In place of `body`, without a length that is known before; `gapMs` between two. */
  pieces?: readonly string[];
  gapMs?: number;
  trailers?: HeaderPairs;
  /** 1xx answers before. */
  informs?: readonly (readonly [number, HeaderPairs])[];
  /** Passes before anything is sent. */
  delayMs?: number;
  /** The connection, or the stream, ends after the body's last piece without the answer's end. */
  breaksOff?: boolean;
  /** After 101: the upstream ends when so many bytes have come. */
  closesAfterBytes?: number;
  /** Other endpoints answer 200. */
  onlyAt?: readonly string[];
}

/** `refuse`: an HTTP/2 stream is refused unseen. */
export type UpstreamStep = UpstreamAnswer | "reset" | "garbage" | "hang" | "refuse";

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
