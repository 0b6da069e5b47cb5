// Short forms for what cases write over and over.

import type { CaseRequest, DifferentialCase, RouteObject } from "../case.ts";

export interface DestinationExtra {
  weight?: number;
  headers?: unknown;
  port?: number;
}

/** A destination by the Service's short name in namespace default. */
export function to(service: string, subset?: string, { port, ...extra }: DestinationExtra = {}): unknown {
  const destination = {
    host: `${service}.default.svc.cluster.local`,
    ...(subset === undefined ? {} : { subset }),
    ...(port === undefined ? {} : { port: { number: port } }),
  };
  return { destination, ...extra };
}

export const V1 = [to("echo", "v1")];
export const V2 = [to("echo", "v2")];

/** A case of one VirtualService on case.test. */
export function one(
  feature: string,
  name: string,
  http: readonly unknown[],
  requests: readonly CaseRequest[],
): DifferentialCase {
  return { feature, name: `${feature}: ${name}`, routes: [{ http }], requests };
}

/** Matching requests go to v1, others to v2: which is which is what the case is about. */
export function matching(
  feature: string,
  name: string,
  match: unknown,
  requests: readonly CaseRequest[],
): DifferentialCase {
  return one(
    feature,
    name,
    [
      { name: "matched", match: Array.isArray(match) ? match : [match], route: V1 },
      { name: "rest", route: V2 },
    ],
    requests,
  );
}

export function many(
  feature: string,
  name: string,
  routes: readonly RouteObject[],
  requests: readonly CaseRequest[],
): DifferentialCase {
  return { feature, name: `${feature}: ${name}`, routes, requests };
}

/** One request per path. */
export function paths(...all: readonly string[]): CaseRequest[] {
  return all.map((path) => ({ path }));
}

export function hosts(...all: readonly string[]): CaseRequest[] {
  return all.map((host) => ({ host }));
}

export function withHeaders(...all: readonly (readonly (readonly [string, string])[])[]): CaseRequest[] {
  return all.map((headers) => ({ headers }));
}
