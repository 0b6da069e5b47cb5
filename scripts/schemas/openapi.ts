// Reads /openapi/v3 of a real server and keeps the facts: no prose, one way to write a reference, no zero values.

import type { RawSchema } from "../../src/sandbox/cluster/schema/raw-schema.ts";
import type { RealServer } from "./real-server.ts";

export interface BuiltinFacts {
  server: string;
  /** "apps/v1/Deployment" to the name of its definition. */
  kinds: Record<string, string>;
  definitions: Record<string, RawSchema>;
}

/** Group and version to the kinds that the sandbox serves. */
const WANTED: Record<string, string[]> = {
  "api/v1": ["Namespace", "Pod", "Service", "ConfigMap", "Secret", "Event", "Node", "ServiceAccount", "Endpoints"],
  "apis/apps/v1": ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"],
  "apis/discovery.k8s.io/v1": ["EndpointSlice"],
  "apis/coordination.k8s.io/v1": ["Lease"],
  "apis/events.k8s.io/v1": ["Event"],
  "apis/autoscaling/v2": ["HorizontalPodAutoscaler"],
  "apis/policy/v1": ["PodDisruptionBudget"],
  "apis/rbac.authorization.k8s.io/v1": ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
  "apis/apiextensions.k8s.io/v1": ["CustomResourceDefinition"],
  "apis/networking.k8s.io/v1": ["Ingress", "IngressClass"],
  "apis/admissionregistration.k8s.io/v1": [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
  ],
};

interface OpenApiDocument {
  components: {
    schemas: Record<
      string,
      RawSchema & { "x-kubernetes-group-version-kind"?: { group: string; kind: string; version: string }[] }
    >;
  };
}

export async function readDefinitions(server: RealServer): Promise<BuiltinFacts> {
  const version = await server.send("GET", "/version");
  const kinds: Record<string, string> = {};
  const definitions: Record<string, RawSchema> = {};
  for (const [path, wanted] of Object.entries(WANTED)) {
    const answer = await server.send("GET", `/openapi/v3/${path}`);
    if (answer.status !== 200) throw new Error(`/openapi/v3/${path}: ${answer.status}`);
    const { schemas } = (answer.body as unknown as OpenApiDocument).components;
    const [group, apiVersion] = path === "api/v1" ? ["", "v1"] : path.split("/").slice(1);
    for (const kind of wanted) {
      const name = Object.keys(schemas).find((each) =>
        schemas[each]!["x-kubernetes-group-version-kind"]?.some(
          (gvk) => gvk.group === group && gvk.version === apiVersion && gvk.kind === kind,
        ),
      );
      if (name === undefined) throw new Error(`no schema for ${kind} in ${path}`);
      kinds[`${group}/${apiVersion}/${kind}`] = name;
      collect(name, schemas, definitions);
    }
  }
  return { server: String(version.body["gitVersion"]), kinds, definitions: sorted(definitions) };
}

function collect(name: string, from: Record<string, RawSchema>, into: Record<string, RawSchema>): void {
  if (Object.hasOwn(into, name)) return;
  const schema = from[name];
  if (schema === undefined) throw new Error(`no definition ${name}`);
  into[name] = {};
  into[name] = reduced(schema, (target) => collect(target, from, into));
}

const KEPT = [
  "type",
  "format",
  "required",
  "nullable",
  "enum",
  "$ref",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-int-or-string",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-patch-strategy",
  "x-kubernetes-patch-merge-key",
] as const;

function reduced(schema: RawSchema, needs: (name: string) => void): RawSchema {
  const out: Record<string, unknown> = {};
  for (const key of KEPT) if (schema[key] !== undefined) out[key] = schema[key];
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) {
    const name = reference.replace("#/components/schemas/", "");
    out["$ref"] = name;
    needs(name);
  }
  if (schema.format === "int-or-string") return { "x-kubernetes-int-or-string": true };
  // Zero values mean "absent in Go", they are no defaults; `{}` marks a struct that is always written.
  if (schema.default !== undefined && !["", 0, false, null].includes(schema.default as never))
    out["default"] = schema.default;
  if (schema.properties !== undefined)
    out["properties"] = Object.fromEntries(
      Object.entries(schema.properties).map(([field, each]) => [field, reduced(each, needs)]),
    );
  if (schema.items !== undefined) out["items"] = reduced(schema.items, needs);
  if (typeof schema.additionalProperties === "object")
    out["additionalProperties"] = reduced(schema.additionalProperties, needs);
  if (schema.oneOf !== undefined) out["oneOf"] = schema.oneOf.map((each) => reduced(each, needs));
  return out;
}

function sorted<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
