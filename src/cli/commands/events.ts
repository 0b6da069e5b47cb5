// serin events: what was said about Canaries, as kubectl shows events.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { EVENTS } from "../../core/kubernetes/resource.ts";
import { Informer } from "../../informer/informer.ts";
import { canaryName } from "../canaries.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { ageOf } from "../format/age.ts";
import { machineText } from "../format/objects.ts";
import { tableLines } from "../format/table.ts";
import { informerLog } from "../informer-log.ts";
import { addCommonOptions, outputOption } from "../options.ts";
import type { Connected, Session } from "../session.ts";

interface EventsOptions {
  watch?: boolean;
  output?: string;
}

interface KubeEvent extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string };
  involvedObject: { kind?: string; name?: string; namespace?: string };
}

export const define: Define = (command, act) => {
  command
    .argument("[name]", "only of this Canary")
    .option("-w, --watch", "go on with new ones")
    .addOption(outputOption("json", "yaml", "name"));
  addCommonOptions(command);
  act(events);
};

async function events(session: Session, [reference]: string[], options: EventsOptions): Promise<number> {
  const connection = await session.connect();
  const name = reference === undefined ? undefined : canaryName(reference);
  const list = await connection.cluster.list<KubeEvent>(EVENTS, { namespace: connection.scope });
  const found = list.items.filter((event) => isAbout(event, name)).sort(byAge);
  const text = await machineText(options.output, { items: found });
  if (text !== undefined) session.world.stdout.write(text);
  else print(session, found);
  return options.watch === true ? follow(session, connection, name, found) : EXIT.ok;
}

function isAbout({ involvedObject: { kind, name } }: KubeEvent, wanted: string | undefined): boolean {
  return kind === "Canary" && (wanted === undefined || name === wanted);
}

/** Times are kept to the second; within one, versions tell the order. */
function byAge(a: KubeEvent, b: KubeEvent): number {
  return lastSeen(a) - lastSeen(b) || Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion);
}

function print(session: Session, found: KubeEvent[]): void {
  if (found.length === 0) return session.hint("No events. (The API server keeps them for an hour.)");
  const rows = found.map((event) => rowOf(session, event));
  for (const line of tableLines(["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], rows)) session.print(line);
}

function rowOf({ world, paint }: Session, event: KubeEvent): string[] {
  const { type = "", reason = "", message = "", involvedObject } = event;
  const count = event.series?.count ?? event.count ?? 1;
  const seen = ageOf(new Date(lastSeen(event)).toISOString(), world.clock.now());
  const object = `canary/${involvedObject.name}`;
  return [
    count > 1 ? `${seen} (x${count})` : seen,
    paint(type === "Warning" ? "yellow" : undefined, type),
    reason,
    object,
    message,
  ];
}

function lastSeen({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: KubeEvent): number {
  return Date.parse(
    series?.lastObservedTime ??
      lastTimestamp ??
      eventTime ??
      firstTimestamp ??
      metadata.creationTimestamp ??
      "1970-01-01T00:00:00Z",
  );
}

async function follow(
  session: Session,
  connection: Connected,
  name: string | undefined,
  shown: KubeEvent[],
): Promise<number> {
  const { world } = session;
  const seen = new Set(shown.map(versionKey));
  const log = informerLog(session);
  const informer = new Informer<KubeEvent>({
    cluster: connection.cluster,
    resource: EVENTS,
    namespace: connection.scope,
    clock: world.clock,
    log,
  });
  informer.onChange(({ object }) => {
    if (object === undefined || !isAbout(object, name) || seen.has(versionKey(object))) return;
    seen.add(versionKey(object));
    session.print(rowOf(session, object).join("   "));
  });
  await informer.start(world.interrupted);
  return EXIT.interrupted;
}

function versionKey({ metadata }: KubeEvent): string {
  return `${metadata.uid ?? metadata.name}/${metadata.resourceVersion}`;
}
