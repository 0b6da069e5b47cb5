// Values that only the cluster or the kubeconfig knows, for arguments and flags by their names.

import { CANARIES, CANARY_ACTIONS, NAMESPACES } from "../../core/kubernetes/resource.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { canaryName } from "../canaries.ts";
import { kubeconfigsOf, type Session } from "../session.ts";
import type { Line } from "./words.ts";

export interface Value {
  value: string;
  description: string;
}

/** File names are the shell's own business. */
export const FILES = "files";

export type Source = (session: Session, line: Line) => Promise<Value[]>;

/** By the long name of a flag. */
export const FLAG_VALUES: Readonly<Record<string, Source | typeof FILES>> = {
  namespace: namespaces,
  context: (session) => configured(session, "contexts"),
  cluster: (session) => configured(session, "clusters"),
  user: (session) => configured(session, "users"),
  rollout: rollouts,
  version: versions,
  kubeconfig: FILES,
  home: FILES,
  filename: FILES,
  catalogue: FILES,
};

/** By the name of an argument. */
export const ARGUMENT_VALUES: Readonly<Record<string, Source | typeof FILES>> = {
  name: canaries,
  "type/name": targets,
  file: FILES,
};

async function canaries(session: Session, { current }: Line): Promise<Value[]> {
  const kind = current.includes("/") ? current.slice(0, current.indexOf("/") + 1) : "";
  return (await listCanaries(session)).map((canary) => ({
    value: `${kind}${canary.metadata.name}`,
    description: describeCanary(canary),
  }));
}

/** `get` takes a type too; after "actions" come the names of those. */
async function targets(session: Session, line: Line): Promise<Value[]> {
  const [type] = line.operands;
  if (type === "actions") return actions(session);
  const names = await canaries(session, line);
  return type === undefined ? [...names, ...TYPES] : names;
}

const TYPES: Value[] = [
  { value: "canaries", description: "rollouts" },
  { value: "actions", description: "what people asked of them" },
];

async function actions(session: Session): Promise<Value[]> {
  const { cluster, scope } = await session.connect();
  const { items } = await cluster.list(CANARY_ACTIONS, { namespace: scope });
  return items.map(({ metadata }) => ({ value: metadata.name, description: "" }));
}

async function namespaces(session: Session): Promise<Value[]> {
  const { cluster } = await session.connect();
  const { items } = await cluster.list(NAMESPACES);
  return items.map(({ metadata }) => ({ value: metadata.name, description: "" }));
}

/** Of the Canary that the line names, else of all. */
async function rollouts(session: Session, line: Line): Promise<Value[]> {
  return (await named(session, line)).flatMap(({ metadata, status }) =>
    status?.rollout === undefined
      ? []
      : [{ value: status.rollout.id, description: `${metadata.name} ${status.phase}: ${status.rollout.canary}` }],
  );
}

async function versions(session: Session, line: Line): Promise<Value[]> {
  const found = await named(session, line);
  const workloads = (role: "stable" | "canary") =>
    [...new Set(found.map(({ spec }) => spec.versions[role]))].join(", ");
  return (["stable", "canary"] as const).map((role) => ({ value: role, description: workloads(role) }));
}

async function named(session: Session, { operands }: Line): Promise<Canary[]> {
  const all = await listCanaries(session);
  const mentioned = all.filter(({ metadata }) => operands.some((word) => isName(word, metadata.name)));
  return mentioned.length === 0 ? all : mentioned;
}

function isName(word: string, name: string): boolean {
  return word === name || (word.endsWith(`/${name}`) && canaryName(word) === name);
}

async function listCanaries(session: Session): Promise<Canary[]> {
  const { cluster, scope } = await session.connect();
  return (await cluster.list<Canary>(CANARIES, { namespace: scope })).items;
}

function describeCanary({ status }: Canary): string {
  if (status === undefined) return "";
  return `${status.phase}${status.weight === undefined ? "" : `, weight ${status.weight.written}`}`;
}

async function configured(session: Session, what: "contexts" | "clusters" | "users"): Promise<Value[]> {
  const names = await session.world.configuredNames(await kubeconfigsOf(session));
  return names[what].map((value) => ({ value, description: "" }));
}
