// The two CustomResourceDefinitions, made from the schemas. scripts/generate.ts writes them to deploy/crds and to
// crd.generated.ts; at run time the generated ones are read, so that starting costs no schema work.

import type { z } from "zod";
import type { KubeObject } from "../kubernetes/object.ts";
import { CANARIES, CANARY_ACTIONS, type Resource } from "../kubernetes/resource.ts";
import { canaryActionSpecSchema, canaryActionStatusSchema } from "./action.ts";
import { canarySpecSchema } from "./canary.ts";
import { canaryStatusSchema } from "./canary-status.ts";
import { type JsonSchema, keepingUnknown, structuralSchema } from "./structural.ts";

/** An object of kind CustomResourceDefinition with the one version that is served. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    names: Record<string, unknown>;
    scope: string;
    versions: { name: string; schema: { openAPIV3Schema: JsonSchema }; [field: string]: unknown }[];
  };
}

export function canaryCrd(): CustomResourceDefinition {
  return crd({
    resource: CANARIES,
    shortName: "srn",
    description: "A Canary moves live traffic from a running version of a service to a new one, step by step.",
    spec: canarySpecSchema,
    status: canaryStatusSchema,
    columns: [
      column("Phase", "string", ".status.phase"),
      column("Step", "integer", ".status.rollout.step"),
      column("Weight", "integer", ".status.weight.written"),
      column("Message", "string", ".status.message"),
      AGE,
    ],
  });
}

export function canaryActionCrd(): CustomResourceDefinition {
  const made = crd({
    resource: CANARY_ACTIONS,
    shortName: "srna",
    description: "A CanaryAction asks something of a rollout. It is never changed, and kept as the audit log.",
    spec: canaryActionSpecSchema,
    status: canaryActionStatusSchema,
    columns: [
      column("Canary", "string", ".spec.canaryRef.name"),
      column("Verb", "string", ".spec.verb"),
      column("By", "string", ".spec.by"),
      column("State", "string", ".status.state"),
      column("Message", "string", ".status.message"),
      AGE,
    ],
  });
  const spec = made.spec.versions[0]!.schema.openAPIV3Schema.properties!["spec"]!;
  const immutable = { rule: "self == oldSelf", message: "a CanaryAction is never changed; create another one" };
  spec["x-kubernetes-validations"] = [immutable, ...(spec["x-kubernetes-validations"] ?? [])];
  return made;
}

interface CrdParts {
  resource: Resource;
  shortName: string;
  description: string;
  spec: z.ZodType;
  status: z.ZodType;
  columns: Record<string, unknown>[];
}

function crd({ resource, shortName, description, spec, status, columns }: CrdParts): CustomResourceDefinition {
  const { group, version, kind, plural } = resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "serin" } },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ["serin"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: rootSchema(description, spec, status) },
        },
      ],
    },
  };
}

function rootSchema(description: string, spec: z.ZodType, status: z.ZodType): JsonSchema {
  return {
    description,
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structuralSchema(spec),
      status: keepingUnknown(structuralSchema(status)),
    },
  };
}

function column(name: string, type: string, jsonPath: string) {
  return { name, type, jsonPath };
}

const AGE = column("Age", "date", ".metadata.creationTimestamp");
