// What is wrong with the routes of one VirtualService, seen alone.

import { sayDestination } from "../traffic/destination.ts";
import { destinationsOf, type HttpRoute, httpRoutesOf, type VirtualService } from "../traffic/virtual-service.ts";
import type { Report } from "./finding.ts";

export function routeReports(service: VirtualService): Report[] {
  const routes = httpRoutesOf(service);
  const others = ["tcp", "tls"].some((field) => Array.isArray(service.spec[field]) && service.spec[field].length > 0);
  if (routes.length === 0 && !others) return [emptyReport()];
  return [
    ...routes.flatMap((route, index) => [...answerReports(route, index), ...weightReports(route, index)]),
    ...shadowReports(routes),
  ];
}

function emptyReport(): Report {
  return {
    code: "SRN0207",
    severity: "error",
    segments: ["spec", "http"],
    message: "has no routes, so every request to its hosts is answered 404",
    cure: "write http: [{route: [{destination: {host: echo, subset: v1}}]}]",
  };
}

const ANSWERS = ["route", "redirect", "directResponse", "delegate"];

function answerReports(route: HttpRoute, index: number): Report[] {
  const answers = ANSWERS.filter((field) => route[field] !== undefined && route[field] !== null);
  if (answers.length > 0 && !(answers[0] === "route" && destinationsOf(route).length === 0)) return [];
  return [
    {
      code: "SRN0207",
      severity: "error",
      segments: ["spec", "http", index, ...(answers.length > 0 ? ["route"] : [])],
      message: "sends nowhere",
      cure: "write route: [{destination: {host: echo, subset: v1}}], or redirect, directResponse or delegate",
    },
  ];
}

function weightReports(route: HttpRoute, index: number): Report[] {
  const destinations = destinationsOf(route);
  const at = ["spec", "http", index, "route"];
  const wrong = destinations.flatMap(({ weight, destination }, place): Report[] => {
    if (weight === undefined || (Number.isInteger(weight) && weight >= 0)) return [];
    const name = sayDestination(destination);
    return [
      {
        code: "SRN0204",
        severity: "error",
        segments: [...at, place, "weight"],
        message: `weight of ${name} is ${JSON.stringify(weight)}`,
        cure: "write a whole number from 0, such as 20",
      },
    ];
  });
  return wrong.length > 0 || destinations.length < 2
    ? wrong
    : sumReports(
        destinations.map(({ weight }) => weight ?? 0),
        at,
      );
}

/** Istio takes any sum as 100 %; that it is not 100 is most often a slip of the pen. */
function sumReports(weights: number[], at: (string | number)[]): Report[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 100) return [];
  if (sum === 0)
    return [
      {
        code: "SRN0205",
        severity: "error",
        segments: at,
        message: "all weights are 0",
        cure: "give them a sum of 100",
      },
    ];
  const shares = weights.map((weight) => `${Number(((weight * 100) / sum).toFixed(1))} %`);
  return [
    {
      code: "SRN0206",
      severity: "warning",
      segments: at,
      message: `weights ${weights.join(" + ")} sum to ${sum}, which Istio takes as ${shares.join(" + ")}`,
      cure: "write weights that sum to 100",
    },
  ];
}

/** The first route that matches wins. */
function shadowReports(routes: HttpRoute[]): Report[] {
  const all = routes.findIndex(({ match }) => match === undefined || (Array.isArray(match) && match.length === 0));
  if (all === -1) return [];
  return routes.slice(all + 1).map((_, offset) => ({
    code: "SRN0208" as const,
    severity: "warning" as const,
    segments: ["spec", "http", all + 1 + offset],
    message: `is never reached: http[${all}] before it matches every request`,
    cure: "move it up, or give the route before it a match",
  }));
}
