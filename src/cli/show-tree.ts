// The tree view once, or live: redrawn in place on a terminal, one line per change where it is piped.

import type { KubeObject } from "../core/kubernetes/object.ts";
import { CANARIES, DEPLOYMENTS, PODS, REPLICA_SETS, type Resource } from "../core/kubernetes/resource.ts";
import type { Deployment, Pod, ReplicaSet } from "../core/kubernetes/workload.ts";
import type { Canary } from "../core/spec/canary.ts";
import { Informer } from "../informer/informer.ts";
import { canaryName, getCanary } from "./canaries.ts";
import { EXIT } from "./exit-codes.ts";
import { changeLine } from "./format/change-line.ts";
import { treeLines } from "./format/tree.ts";
import { informerLog } from "./informer-log.ts";
import { openLiveScreen } from "./live-screen.ts";
import { type NamespaceObjects, readNamespace, viewOf } from "./rollout-view.ts";
import type { Connected, Session } from "./session.ts";

/** Redraws a second at most 5, as people can read. */
const REDRAW_MS = 200;
/** Ages and countdowns move on while nothing changes. */
const TICK_MS = 1_000;

export async function treeOnce(session: Session, reference: string): Promise<number> {
  const connection = await session.connect();
  const canary = await getCanary(connection, canaryName(reference));
  const objects = await readNamespace(connection.cluster, connection.namespace);
  for (const line of treeLines(viewOf(canary, objects), treeOptions(session))) session.print(line);
  return EXIT.ok;
}

/** Until Ctrl-C, or until the Canary is deleted. */
export async function followLive(session: Session, reference: string): Promise<number> {
  const connection = await session.connect();
  const name = canaryName(reference);
  await getCanary(connection, name);
  const live = session.world.stdout.isTTY === true;
  await (live ? redrawLive(session, connection, name) : printChanges(session, connection, name));
  return session.world.interrupted.aborted ? EXIT.interrupted : EXIT.ok;
}

async function printChanges(session: Session, connection: Connected, name: string): Promise<void> {
  const stop = stopper(session.world.interrupted);
  const canaries = informer<Canary>(session, connection, CANARIES);
  let last = "";
  canaries.onChange(({ key, object }) => {
    if (key.name !== name) return;
    if (object === undefined) {
      session.print(`canary "${name}" was deleted`);
      stop.abort();
      return;
    }
    const { line, fingerprint } = changeLine(object, session.world.clock.now());
    if (fingerprint !== last) session.print(line);
    last = fingerprint;
  });
  await canaries.start(stop.signal);
}

async function redrawLive(session: Session, connection: Connected, name: string): Promise<void> {
  const stop = stopper(session.world.interrupted);
  const { stdout, clock } = session.world;
  const screen = await openLiveScreen(stdout);
  const canaries = informer<Canary>(session, connection, CANARIES);
  const deployments = informer<Deployment>(session, connection, DEPLOYMENTS);
  const replicaSets = informer<ReplicaSet>(session, connection, REPLICA_SETS);
  const pods = informer<Pod>(session, connection, PODS);
  const all = [canaries, deployments, replicaSets, pods];
  const render = () => {
    const canary = canaries.get({ namespace: connection.namespace, name });
    if (canary === undefined) {
      if (canaries.hasSynced) stop.abort();
      return;
    }
    const objects: NamespaceObjects = {
      deployments: deployments.list(),
      replicaSets: replicaSets.list(),
      pods: pods.list(),
    };
    screen.draw(treeLines(viewOf(canary, objects), treeOptions(session)));
  };
  let cancel: (() => void) | undefined;
  const schedule = () => (cancel ??= clock.after(REDRAW_MS, () => ((cancel = undefined), render())));
  for (const each of all) each.onChange(schedule);
  let cancelTick: () => void = () => undefined;
  const tick = () => {
    schedule();
    cancelTick = clock.after(TICK_MS, tick);
  };
  tick();
  await Promise.all(all.map((each) => each.start(stop.signal)));
  cancel?.();
  cancelTick();
  screen.close();
}

function informer<T extends KubeObject>(
  session: Session,
  { cluster, namespace }: Connected,
  resource: Resource,
): Informer<T> {
  return new Informer<T>({ cluster, resource, namespace, clock: session.world.clock, log: informerLog(session) });
}

function treeOptions({ world, paint, glyphs }: Session) {
  return { nowMs: world.clock.now(), paint, glyphs, columns: world.stdout.columns };
}

function stopper(outer: AbortSignal): AbortController {
  const stop = new AbortController();
  if (outer.aborted) stop.abort();
  outer.addEventListener("abort", () => stop.abort(), { once: true });
  return stop;
}
