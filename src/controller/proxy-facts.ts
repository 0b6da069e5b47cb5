// What the proxies are asked for a rollout: whether they work by the routes as read, and by the destinations as seen.

import { DESTINATION_RULES, ENDPOINT_SLICES, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import type { DataPlaneFacts } from "../core/rollout/observation.ts";
import type { SplitReading, TrafficTarget } from "../core/traffic/split.ts";
import type { ProxyPoll, Question } from "./proxy-poll.ts";
import type { Watches } from "./watches.ts";
import { slicesOf } from "./workloads.ts";

export interface ProxyFactsOptions {
  watches: Watches;
  proxies: ProxyPoll;
}

/** The answers so far; goes on asking in the background. Without a target or a split nothing is asked any more. */
export function proxyFacts(
  { watches, proxies }: ProxyFactsOptions,
  key: string,
  target: TrafficTarget | undefined,
  split: SplitReading | undefined,
): DataPlaneFacts {
  const route = target === undefined || split === undefined ? [] : routeQuestions(target, split);
  const destinations = target === undefined || split === undefined ? [] : destinationQuestions(watches, target);
  proxies.ask(key, [...route, ...destinations]);
  if (route.length === 0) return {};
  return { route: proxies.answer(key, route), destinations: proxies.answer(key, destinations) };
}

function routeQuestions({ namespace }: TrafficTarget, split: SplitReading): Question[] {
  return split.objects.map(({ virtualService, resourceVersion }) => ({
    resource: VIRTUAL_SERVICES,
    key: { namespace, name: virtualService },
    resourceVersion,
  }));
}

function destinationQuestions(watches: Watches, { namespace, destinationRule, host }: TrafficTarget): Question[] {
  const rule = watches.destinationRules.get({ namespace, name: destinationRule });
  const rules = rule === undefined ? [] : [{ resource: DESTINATION_RULES, object: rule }];
  const slices = slicesOf(watches, namespace, host).map((object) => ({ resource: ENDPOINT_SLICES, object }));
  return [...rules, ...slices].map(({ resource, object }) => ({
    resource,
    key: { namespace, name: object.metadata.name },
    resourceVersion: object.metadata.resourceVersion ?? "",
  }));
}
