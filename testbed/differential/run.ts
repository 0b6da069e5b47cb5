// Runs cases on a world: all objects first, then all requests. The answers of the real world are kept, so that many copies of the
// sandbox gateway can be held against them.

import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { isClusterError } from "../../src/ports/cluster.ts";
import type { CaseRequest, DifferentialCase, LiveCase } from "./case.ts";
import { instantiate } from "./case.ts";
import { compare, type Difference } from "./compare.ts";
import { sharedServices } from "./endpoints.ts";
import type { Fleet } from "./fleet.ts";
import { isRoute } from "./objects.ts";
import { type Observation, observe } from "./observe.ts";
import { WireClient } from "./wire.ts";
import type { RoutingWorld } from "./world.ts";

/** By request of the case: what was seen each time it was sent. */
export type CaseObservations = readonly (readonly Observation[])[];

export interface CaseResult {
  case: DifferentialCase;
  differences: { request: number; sent: CaseRequest; found: Difference[] }[];
}

const CASES_AT_ONCE = 6;

export function live(cases: readonly DifferentialCase[]): LiveCase[] {
  const names = new Set(cases.map(({ name }) => name));
  if (names.size !== cases.length) throw new Error("two cases have the same name");
  return cases.map((each, i) => instantiate(each, i + 1));
}

/** Why the API refused objects of a case, by the case's name. */
export type Refusals = ReadonlyMap<string, string>;

/** The shared Services and everything that the cases bring. */
export async function prepare(world: RoutingWorld, cases: readonly LiveCase[]): Promise<Refusals> {
  const { ports } = world.fleet;
  const refusals = new Map<string, string>();
  await world.apply(sharedServices(ports));
  // Age decides between the routes of one host: those of a case are created one after the other, cases side by side.
  const applyAll = async (objectsOf: (each: LiveCase) => readonly KubeObject[]) => {
    const queue = cases.filter(({ source }) => !refusals.has(source.name));
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { name } = next.source;
        await world.apply(objectsOf(next)).catch((error: unknown) => {
          if (!isRefusal(error)) throw error;
          refusals.set(name, error.message.replaceAll(/\s+/g, " "));
        });
      }
    };
    await Promise.all(Array.from({ length: APPLIES_AT_ONCE }, worker));
    await world.inEffect();
  };
  await applyAll(({ objects }) =>
    withTargetPort(
      objects.filter((each) => !isRoute(each)),
      ports.main,
    ),
  );
  await applyAll(({ objects }) => objects.filter(isRoute));
  return refusals;
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && isClusterError(error.cause, "Invalid", "BadRequest", "Forbidden");
}

const APPLIES_AT_ONCE = 8;

/** Cases write targetPort 0 for the port that the fleet got. */
function withTargetPort(objects: readonly KubeObject[], port: number): KubeObject[] {
  return objects.map((object) => {
    if (object.kind !== "Service") return object;
    const spec = object["spec"] as { ports: object[] };
    return { ...object, spec: { ...spec, ports: spec.ports.map((each) => ({ ...each, targetPort: port })) } };
  });
}

/** Asks every case; `until` may end it early by returning true for a case's observations. */
export async function ask(
  world: RoutingWorld,
  cases: readonly LiveCase[],
  until: (each: LiveCase, observations: CaseObservations) => boolean = () => false,
): Promise<Map<string, CaseObservations>> {
  const client = new WireClient((port) => world.addressOf(port));
  const results = new Map<string, CaseObservations>();
  let over = false;
  const work = (queue: LiveCase[]) => async () => {
    for (let next = queue.shift(); next !== undefined && !over; next = queue.shift()) {
      const observations = await askCase(client, next, world.fleet, () => over);
      if (over) return;
      results.set(next.source.name, observations);
      over ||= until(next, observations);
    }
  };
  const together = cases.filter((each) => !balances(each));
  await Promise.all(Array.from({ length: CASES_AT_ONCE }, work(together)));
  // The load of other requests would decide about the balance.
  await work(cases.filter(balances))();
  client.close();
  return results;
}

/** Which endpoint a hash gives is each proxy's own affair; that it is always the same one is not. */
function withoutNames(samples: readonly Observation[]): Observation[] {
  const endpoints = new Set(samples.flatMap(({ attempts }) => attempts.map(({ to }) => to)));
  const to = `one of ${endpoints.size}`;
  return samples.map((each) => ({ ...each, body: "", attempts: each.attempts.map((attempt) => ({ ...attempt, to })) }));
}

function balances({ requests }: LiveCase): boolean {
  return requests.some(({ byEndpoint }) => byEndpoint === true);
}

/** Nobody waits for a mirror's answer, so it may come after the client's. */
const MIRRORS_ARRIVE_MS = 60;

let lastId = 0;

/** Incomplete when it is over before. */
async function askCase(
  client: WireClient,
  { requests }: LiveCase,
  fleet: Fleet,
  isOver: () => boolean,
): Promise<CaseObservations> {
  const all: Observation[][] = [];
  const connections: number[] = [];
  for (const request of requests) {
    if (request.afterMs !== undefined && !isOver()) await sleep(request.afterMs);
    const once = () => askOnce(client, request, fleet, connections);
    const samples: Observation[] = [];
    if (request.concurrent === true)
      samples.push(...(await Promise.all(Array.from({ length: request.times ?? 1 }, once))));
    else for (let i = 0; i < (request.times ?? 1) && !isOver(); i++) samples.push(await once());
    all.push(request.sticky === true ? withoutNames(samples) : samples);
  }
  return all;
}

async function askOnce(
  client: WireClient,
  request: CaseRequest,
  fleet: Fleet,
  connections: number[],
): Promise<Observation> {
  const id = `request-${++lastId}`;
  await fleet.expect(id, request.upstream ?? [{ status: 200 }]);
  const answer = await client.send(request, id);
  if (request.mirrored === true) await sleep(MIRRORS_ARRIVE_MS);
  return observe(request, answer, await fleet.take(id), connections);
}

export function compareCase(each: LiveCase, real: CaseObservations, sandbox: CaseObservations): CaseResult {
  const differences = each.requests.flatMap((sent, request) => {
    const found = compare(real[request]!, sandbox[request]!, sent.exactly);
    return found.length === 0 ? [] : [{ request, sent, found }];
  });
  return { case: each.source, differences };
}
