// Which Gateways, listeners and routes of Gateway API concern a host and port, and why others do not.

import type { ExplanationStep } from "../../core/traffic/explanation.ts";
import { isSubsetOf } from "../routing/names.ts";
import type { CompiledGateway, CompiledListener } from "./listeners.ts";
import type { GatewayApiObjects } from "./objects.ts";
import { type Binding, isIsolatedHere } from "./parents.ts";
import type { ServedGatewayApi } from "./servers.ts";
import type { CompiledRoute } from "./translate.ts";

export interface GatewayApiExplanation {
  gateways: ExplanationStep[];
  routes: ExplanationStep[];
}

export function explainGatewayApi(
  objects: GatewayApiObjects | undefined,
  served: ServedGatewayApi,
  port: number,
  host: string,
): GatewayApiExplanation {
  const ours = new Set(served.gateways.map(({ object }) => object));
  const foreign = (objects?.gateways ?? []).filter((each) => !ours.has(each));
  return {
    gateways: [
      ...foreign.map(({ metadata, spec }) =>
        not(`Gateway ${metadata.namespace}/${metadata.name} is of class ${spec.gatewayClassName}, not of istio`),
      ),
      ...served.gateways.flatMap((each) => explainGateway(each, served, port)),
    ],
    routes: served.routes.flatMap((each) => explainRoute(each, port, host)),
  };
}

export function hasListenerAt({ gateways }: ServedGatewayApi, port: number): boolean {
  return gateways.some(({ listeners }) => listeners.some(({ spec, parent }) => parent && spec.port === port));
}

const not = (text: string): ExplanationStep => ({ taken: false, text });

function titleOf({ object }: CompiledGateway): string {
  return `Gateway ${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
}

function explainGateway(gateway: CompiledGateway, served: ServedGatewayApi, port: number): ExplanationStep[] {
  const title = titleOf(gateway);
  const { finding, warnings } = gateway.assignment;
  const steps = [...(finding === undefined ? [] : [finding.message]), ...warnings].map((text) =>
    not(`${title}: ${text}`),
  );
  return [...steps, ...gateway.listeners.map((each) => explainListener(title, each, served, port))];
}

function explainListener(
  title: string,
  { spec, parent, conflict, finding, tls }: CompiledListener,
  { listenerProblems }: ServedGatewayApi,
  port: number,
): ExplanationStep {
  const name = `${title} listener ${spec.name}`;
  const problems =
    finding?.message ?? tls.finding?.message ?? listenerProblems.get(parent?.internalName ?? "")?.join("; ");
  if (conflict !== undefined) return not(`${name} lost its place to an earlier listener (${conflict})`);
  if (problems !== undefined) return not(`${name}: ${problems}`);
  if (spec.port !== port) return not(`${name} is at port ${spec.port}, not ${port}`);
  return { taken: true, text: `${name} is at ${port} for ${spec.hostname ?? "any host"}` };
}

function explainRoute(route: CompiledRoute, port: number, host: string): ExplanationStep[] {
  const { object, bindings, finding, refusal } = route;
  const title = `${object.kind} ${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
  const problems = [finding?.message, refusal].flatMap((text) =>
    text === undefined ? [] : [not(`${title}: ${text}`)],
  );
  if (bindings.length === 0) return [...problems, not(`${title} names no Gateway of class istio that is there`)];
  const here = bindings.filter(({ parent }) => parent === undefined || parent.port === port);
  if (here.length === 0) return [...problems, not(`${title} is bound to no listener at port ${port}`)];
  const hostnames = object.spec.hostnames?.length ? object.spec.hostnames : ["*"];
  return [...problems, ...here.map((binding) => explainBinding(title, binding, hostnames, host))];
}

function explainBinding(title: string, binding: Binding, hostnames: readonly string[], host: string): ExplanationStep {
  const { gateway, parent, denied } = binding;
  if (denied !== undefined || parent === undefined) return not(`${title} is not accepted: ${denied?.message ?? ""}`);
  const listener = `Gateway ${gateway} listener ${parent.section}`;
  const own = hostnames.filter((pattern) => isSubsetOf(host, pattern));
  if (own.length === 0) return not(`${title} is for ${hostnames.join(", ")}, not for ${host}`);
  const isListened = parent.hostname === "" || isSubsetOf(host, parent.hostname);
  if (!isListened) return not(`${title} is bound to ${listener}, which is for ${parent.hostname}, not for ${host}`);
  if (!isIsolatedHere(host, binding))
    return not(`${title} is bound to ${listener}, but a more specific one has ${host}`);
  return { taken: true, text: `${title} is bound to ${listener} for ${own.join(", ")}` };
}
