// The registry as discovery shows it: groups, their versions in order of preference, resources with their subresources.

import type { KnownResource, Registry } from "../registry.ts";

export interface ApiGroup {
  /** "" for the core group. */
  name: string;
  /** The preferred one first. */
  versions: ApiVersion[];
}

export interface ApiVersion {
  version: string;
  resources: ApiResource[];
}

export interface ApiResource {
  plural: string;
  singular: string;
  namespaced: boolean;
  kind: string;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: ApiSubresource[];
  custom: boolean;
}

interface ApiSubresource {
  name: string;
  kind: string;
  verbs: readonly string[];
  /** When it is not the resource's own. */
  groupVersion?: { group: string; version: string };
}

const ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;
const WITHOUT_COLLECTION = ALL_VERBS.filter((verb) => verb !== "deletecollection");
const SUBRESOURCE_VERBS = ["get", "patch", "update"] as const;
const AUTOSCALING = { group: "autoscaling", version: "v1" };

/** Core first, then groups in the order in which the registry learned of them. */
export function apiGroups(registry: Registry): ApiGroup[] {
  const groups = new Map<string, Map<string, ApiResource[]>>([["", new Map()]]);
  const add = (group: string, version: string, resource: ApiResource) => {
    const versions = groups.get(group) ?? new Map<string, ApiResource[]>();
    groups.set(group, versions);
    versions.set(version, [...(versions.get(version) ?? []), resource]);
  };
  for (const known of registry.all()) add(known.group, known.version, apiResource(known));
  for (const { group, plural, kind } of REVIEWS) add(group, "v1", reviewResource(plural, kind));
  return [...groups].map(([name, versions]) => ({ name, versions: inOrderOfPreference(versions) }));
}

/** Virtual resources that can only be created: questions to the API server about who may do what. */
export const REVIEWS = [
  { group: "authentication.k8s.io", plural: "selfsubjectreviews", kind: "SelfSubjectReview" },
  { group: "authorization.k8s.io", plural: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview" },
  { group: "authorization.k8s.io", plural: "selfsubjectrulesreviews", kind: "SelfSubjectRulesReview" },
  // About somebody else; istiod asks before it hands a gateway its certificates.
  { group: "authorization.k8s.io", plural: "subjectaccessreviews", kind: "SubjectAccessReview" },
] as const;

function apiResource(known: KnownResource): ApiResource {
  const { plural, singular, namespaced, kind, shortNames, categories, custom } = known;
  const verbs = isNamespace(known) ? WITHOUT_COLLECTION : ALL_VERBS;
  return {
    plural,
    singular,
    namespaced,
    kind,
    verbs,
    shortNames,
    categories,
    subresources: subresourcesOf(known),
    custom,
  };
}

const PORT_FORWARD: ApiSubresource = { name: "portforward", kind: "PodPortForwardOptions", verbs: ["create", "get"] };

function subresourcesOf(known: KnownResource): ApiSubresource[] {
  const { kind, subresources } = known;
  const found: ApiSubresource[] = [];
  if (isPod(known)) found.push({ name: "log", kind, verbs: ["get"] }, PORT_FORWARD);
  if (subresources.scale !== undefined)
    found.push({ name: "scale", kind: "Scale", verbs: SUBRESOURCE_VERBS, groupVersion: AUTOSCALING });
  if (subresources.status) found.push({ name: "status", kind, verbs: SUBRESOURCE_VERBS });
  return found;
}

function reviewResource(plural: string, kind: string): ApiResource {
  return {
    plural,
    singular: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ["create"],
    shortNames: [],
    categories: [],
    subresources: [],
    custom: false,
  };
}

export const isPod = ({ group, plural }: Pick<KnownResource, "group" | "plural">): boolean =>
  group === "" && plural === "pods";

export const isNamespace = ({ group, plural }: Pick<KnownResource, "group" | "plural">): boolean =>
  group === "" && plural === "namespaces";

function inOrderOfPreference(versions: Map<string, ApiResource[]>): ApiVersion[] {
  return [...versions]
    .map(([version, resources]) => ({ version, resources }))
    .sort((a, b) => compareVersions(a.version, b.version));
}

/** v2, v1, v1beta2, v1alpha1, then others by name: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [rank(a), rank(b)];
  const first = x.findIndex((part, index) => part !== y[index]);
  if (first >= 0) return y[first]! - x[first]!;
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(version: string): number[] {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const stability = match[2] === undefined ? 3 : match[2] === "beta" ? 2 : 1;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}
