// Second half of an explanation: what the matched route does, with shares, ready endpoints, time limits and retries in force.

import { formatDurationMs } from "../../core/kubernetes/duration.ts";
import type { ExplainedDestination, ExplanationStep, RouteExplanation } from "../../core/traffic/explanation.ts";
import { forwardedPath, httpsLocation, redirectLocation } from "../exchange/rewrite.ts";
import type { RequestView } from "../routing/match.ts";
import type {
  Chance,
  ForwardAction,
  HashPolicy,
  Mirror,
  OutlierPolicy,
  RetryPolicy,
  Route,
  RouteFilters,
  RouteTable,
  Split,
  WeightedDestination,
} from "../routing/table.ts";
import type { World } from "../world.ts";

export function explainAction(
  world: World,
  table: RouteTable,
  route: Route,
  { steps, view }: { steps: ExplanationStep[]; view: RequestView },
): RouteExplanation {
  const { source, action, name } = route;
  const { kind, namespace } = source;
  const object = `${namespace}/${source.name}`;
  const bound = {
    ...(kind === undefined ? { virtualService: object } : { gatewayApiRoute: `${kind} ${object}` }),
    route: name === "" ? String(source.http) : name,
    ...(kind === undefined ? gatewayOf(world, source) : {}),
  };
  if (action.kind === "direct") {
    return { steps, ...bound, destinations: [], answer: { code: action.status, reason: "direct response" } };
  }
  if (action.kind === "redirect") {
    const location = redirectLocation(action.redirect, route.path, view);
    return {
      steps,
      ...bound,
      destinations: [],
      answer: { code: action.redirect.code, reason: `redirect to ${location}` },
    };
  }
  if (action.kind === "https-redirect")
    return { steps, destinations: [], answer: { code: 301, reason: `redirect to ${httpsLocation(view)}` } };
  steps.push(...policySteps(action, route, view));
  const total = action.destinations.reduce((sum, { weight }) => sum + weight, 0);
  steps.push(...(action.mirrors ?? []).map((mirror) => mirrorStep(table, mirror)));
  const missingStatus = action.missingClusterStatus ?? 503;
  const destinations = action.destinations.map((destination) =>
    explainDestination({ table, missingStatus, total }, destination, steps),
  );
  return { steps, ...bound, destinations };
}

function gatewayOf(world: World, source: Route["source"]): { gateway?: string } {
  const object = world.virtualServices.find(
    ({ metadata: m }) => m.name === source.name && (m.namespace ?? "default") === source.namespace,
  );
  const named = object?.spec.gateways?.find((each) => each !== "mesh");
  return named === undefined ? {} : { gateway: named.includes("/") ? named : `${source.namespace}/${named}` };
}

function policySteps(action: ForwardAction, route: Route, view: RequestView): ExplanationStep[] {
  const { timeoutMs, retry, rewrite } = action;
  const steps = [
    ...filterTexts(action.filters),
    timeoutMs === undefined ? "timeout: none (Istio's default)" : `timeout: ${formatDurationMs(timeoutMs)}`,
    `retries: ${retryText(retry)}`,
  ];
  if (rewrite !== undefined) {
    const host = rewrite.authority === undefined ? "" : `, host ${rewrite.authority}`;
    steps.push(`rewrite: the backend gets path ${forwardedPath(rewrite, route.path, view)}${host}`);
  }
  return steps.map((text) => ({ taken: true, text }));
}

function filterTexts(filters: RouteFilters | undefined): string[] {
  const { delay, abort } = filters?.fault ?? {};
  const { cors } = filters ?? {};
  const texts: string[] = [];
  if (delay !== undefined && delay.perMillion > 0)
    texts.push(`fault: ${percent(delay)} of the requests wait ${delay.delayMs / 1_000}s first`);
  if (abort !== undefined && abort.perMillion > 0)
    texts.push(`fault: ${percent(abort)} of the requests are answered ${abort.status} "fault filter abort" (FI)`);
  if (cors !== undefined) {
    const origins = cors.origins.map((test) => (test.kind === "present" ? "any" : `${test.kind} ${test.value}`));
    const others = cors.forwardUnmatched ? "go to the backend" : "are answered without it";
    texts.push(`CORS: allows origins ${origins.join(", ") || "(none)"}; preflights of others ${others}`);
  }
  return texts;
}

function mirrorStep(table: RouteTable, mirror: Mirror): ExplanationStep {
  const { host, subset, clusterKey } = mirror;
  const ready = table.clusters.get(clusterKey)?.endpoints.length ?? 0;
  const place = subset === undefined ? host : `${host} subset ${subset}`;
  const nobody = ready === 0 ? ", but nobody there is ready: nothing is sent" : "";
  return {
    taken: ready > 0,
    text: `mirror: ${percent(mirror)} of the requests are copied to ${place}, answers are dropped${nobody}`,
  };
}

function percent({ perMillion }: Chance): string {
  return `${perMillion / 10_000} %`;
}

function retryText(retry: RetryPolicy | undefined): string {
  if (retry === undefined) return "none (attempts: 0)";
  const codes = retry.statusCodes.size === 0 ? "" : `; status ${[...retry.statusCodes].join(", ")}`;
  const perTry = retry.perTryTimeoutMs === undefined ? "" : `, ${formatDurationMs(retry.perTryTimeoutMs)} each`;
  return `up to ${retry.attempts}${perTry}, on ${[...retry.on].join(", ")}${codes}`;
}

/** Of connections that are passed through. */
export function explainSplit(
  table: RouteTable,
  { destinations }: Split,
  steps: ExplanationStep[],
): ExplainedDestination[] {
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  return destinations.map((each) => explainDestination({ table, missingStatus: 503, total }, each, steps));
}

function explainDestination(
  { table, missingStatus, total }: { table: RouteTable; missingStatus: number; total: number },
  { clusterKey, host, subset, weight }: WeightedDestination,
  steps: ExplanationStep[],
): ExplainedDestination {
  const cluster = table.clusters.get(clusterKey);
  const port = Number(clusterKey.split("|")[1]);
  if (cluster === undefined) {
    const missing =
      subset === undefined
        ? `no Service ${host} has port ${port}`
        : `no Service ${host} has port ${port}, or no DestinationRule defines its subset ${subset}`;
    steps.push({ taken: false, text: `cluster ${clusterKey} does not exist (${missing}): ${missingStatus} NC` });
  } else if (cluster.endpoints.length === 0) {
    steps.push({ taken: false, text: `cluster ${clusterKey} has no ready endpoint: 503 UH "no healthy upstream"` });
  }
  if (cluster?.hash !== undefined)
    steps.push({
      taken: true,
      text: `cluster ${clusterKey} keeps requests of equal ${hashText(cluster.hash)} at one endpoint`,
    });
  if (cluster?.outlier !== undefined)
    steps.push({
      taken: true,
      text: `cluster ${clusterKey} leaves endpoints out after ${outlierText(cluster.outlier)}`,
    });
  if (cluster?.limits !== undefined)
    steps.push({
      taken: true,
      text: `cluster ${clusterKey} allows ${cluster.limits.maxConnections} connections and ${cluster.limits.maxPending} waiting requests; others get 503 UO`,
    });
  const readyEndpoints = (cluster?.endpoints ?? []).map(({ address }) => address);
  return { host, ...(subset === undefined ? {} : { subset }), port, weight, share: weight / total, readyEndpoints };
}

function hashText(hash: HashPolicy): string {
  if (hash.by === "sourceIp") return "client address";
  return `${hash.by === "queryParam" ? "query parameter" : hash.by} ${hash.name}`;
}

function outlierText(policy: OutlierPolicy): string {
  const { consecutiveErrors, consecutiveGatewayErrors, maxEjectionPercent, baseEjectionMs } = policy;
  const counts = [
    ...(consecutiveErrors > 0 ? [`${consecutiveErrors} errors`] : []),
    ...(consecutiveGatewayErrors > 0 ? [`${consecutiveGatewayErrors} gateway errors`] : []),
  ];
  return `${counts.join(" or ") || "no number of errors"} in a row, for ${baseEjectionMs / 1_000}s and more, at most ${maxEjectionPercent} % of them`;
}
