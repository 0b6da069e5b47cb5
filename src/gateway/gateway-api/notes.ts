// What is to be said about an object and has no place in its status: parents that are not there, fields that mean nothing here.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { type GatewayApiObjects, GROUP, type HttpRule, type KubernetesGateway, type RouteObject } from "./objects.ts";
import type { ServedGatewayApi } from "./servers.ts";

export interface Note {
  object: KubeObject;
  text: string;
}

export function notesOf({ gateways }: GatewayApiObjects, served: ServedGatewayApi): Note[] {
  const known = new Set(gateways.map(({ metadata }) => `${metadata.namespace ?? "default"}/${metadata.name}`));
  const notes = [
    ...served.gateways.map(({ object }) => ({ object, texts: ofGateway(object) })),
    ...served.routes.map(({ object }) => ({ object, texts: ofRoute(object, known) })),
  ];
  return notes.flatMap(({ object, texts }) => (texts.length === 0 ? [] : [{ object, text: texts.join("; ") }]));
}

function ofGateway({ spec }: KubernetesGateway): string[] {
  const texts: string[] = [];
  if (spec.infrastructure !== undefined)
    texts.push("spec.infrastructure has no effect: the sandbox makes no Deployment of a Gateway's own");
  if (spec.tls !== undefined) texts.push("spec.tls is not supported by the sandbox gateway: remove it");
  if (spec.allowedListeners !== undefined)
    texts.push("spec.allowedListeners has no effect: the sandbox gateway reads no ListenerSets");
  return texts;
}

function ofRoute(object: RouteObject, gateways: ReadonlySet<string>): string[] {
  const { namespace = "default" } = object.metadata;
  const parents = (object.spec.parentRefs ?? []).flatMap((ref, i): string[] => {
    const { group = GROUP, kind = "Gateway", name } = ref;
    if (group !== GROUP) return [];
    if (kind === "ListenerSet")
      return [`spec.parentRefs[${i}].kind: the sandbox gateway reads no ListenerSets; bind the route to a Gateway`];
    const gateway = `${ref.namespace ?? namespace}/${name}`;
    return gateways.has(gateway) ? [] : [`spec.parentRefs[${i}]: there is no Gateway ${gateway}`];
  });
  const sessions = (object.spec.rules ?? []).flatMap((rule, i) =>
    (rule as HttpRule & { sessionPersistence?: object }).sessionPersistence === undefined
      ? []
      : [`spec.rules[${i}].sessionPersistence has no effect, as with istiod: a DestinationRule can hash by a cookie`],
  );
  return [...parents, ...sessions];
}
