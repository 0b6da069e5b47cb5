// CustomResourceDefinitions: kinds that come while the server runs, their schemas, defaults, rules and subresources.

import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS, type Resource } from "../../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../../src/ports/cluster.ts";
import { type Case, copyOf, eventually, refused } from "./case.ts";

const GROUP = "conformance.serin.dev";

export const TRIES: Resource = { group: GROUP, version: "v1", kind: "Try", plural: "tries", namespaced: true };
const OLD_TRIES: Resource = { ...TRIES, version: "v1alpha1" };

const spec = {
  type: "object",
  required: ["size"],
  "x-kubernetes-validations": [
    { rule: "!has(self.max) || self.size <= self.max", message: "size must not exceed max" },
    {
      rule: "!has(self.mode) || self.mode != 'z'",
      messageExpression: "'mode is ' + self.mode",
      reason: "FieldValueForbidden",
      fieldPath: ".mode",
    },
  ],
  properties: {
    size: { type: "integer", minimum: 1, maximum: 1000 },
    max: { type: "integer" },
    replicas: { type: "integer" },
    mode: { type: "string", enum: ["a", "b", "z"], default: "a" },
    fixed: { type: "string", "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "is immutable" }] },
    name: { type: "string", pattern: "^[a-z]+$", minLength: 2, maxLength: 5 },
    any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    port: { "x-kubernetes-int-or-string": true },
    when: { type: "string", format: "date-time" },
    list: {
      type: "array",
      maxItems: 3,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: {
        type: "object",
        required: ["k"],
        properties: { k: { type: "string" }, v: { type: "integer" }, w: { type: "integer", default: 7 } },
      },
    },
    set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
    atoms: { type: "array", items: { type: "object", properties: { a: { type: "integer" } } } },
    map: { type: "object", additionalProperties: { type: "integer" } },
  },
};

const schema = {
  openAPIV3Schema: {
    type: "object",
    required: ["spec"],
    properties: {
      spec,
      status: { type: "object", properties: { x: { type: "string" }, replicas: { type: "integer" } } },
    },
  },
};

const subresources = {
  status: {},
  scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
};

const selectableFields = [{ jsonPath: ".spec.mode" }];

const DEFINITION: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `tries.${GROUP}` },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: { plural: "tries", kind: "Try", shortNames: ["tr"] },
    versions: [
      { name: "v1", served: true, storage: true, subresources, schema, selectableFields },
      { name: "v1alpha1", served: true, storage: false, subresources, schema, selectableFields },
    ],
  },
};

/** Installs the kind unless it is there, and waits until it is served. */
export async function installTries(cluster: Cluster): Promise<void> {
  await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION).catch((error: unknown) => {
    if (!isClusterError(error, "AlreadyExists")) throw error;
  });
  await eventually(async () => void (await cluster.list(TRIES)));
}

export function tryObject(namespace: string, name: string, spec: Record<string, unknown>): KubeObject {
  return { apiVersion: `${GROUP}/v1`, kind: "Try", metadata: { name, namespace }, spec };
}

/** Field and reason of each cause of a refused spec. */
async function causesOf(cluster: Cluster, namespace: string, spec: Record<string, unknown>): Promise<string[]> {
  const error = await refused(cluster.create(TRIES, tryObject(namespace, "wrong", spec)), "Invalid");
  return error.causes.filter(({ field }) => field !== "<nil>").map(({ reason, field }) => `${field} ${reason}`);
}

export const DEFINITION_CASES: Case[] = [
  {
    name: "a definition is established and its kind served",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      await eventually(async () => {
        const definition = await cluster.get(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION.metadata);
        const { conditions = [] } = definition["status"] as { conditions?: { type: string; status: string }[] };
        const accepted = conditions.filter(({ status }) => status === "True").map(({ type }) => type);
        assert.ok(accepted.includes("Established") && accepted.includes("NamesAccepted"));
      });
      const created = await cluster.create(TRIES, tryObject(namespace, "a", { size: 5 }));
      assert.deepEqual([created["spec"], created.metadata.generation], [{ size: 5, mode: "a" }, 1]);
    },
  },
  {
    name: "fields that a definition names can be selected by",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      for (const mode of ["a", "b"]) await cluster.create(TRIES, tryObject(namespace, mode, { size: 5, mode }));
      const { items } = await cluster.list(TRIES, { namespace, fieldSelector: "spec.mode=b" });
      assert.deepEqual(
        items.map(({ metadata }) => metadata.name),
        ["b"],
      );
      await refused(cluster.list(TRIES, { namespace, fieldSelector: "spec.size=5" }), "BadRequest");
    },
  },
  {
    name: "an unknown kind is NotFound",
    async run({ cluster, namespace }) {
      const unknown = { ...TRIES, plural: "nothings", kind: "Nothing" };
      await refused(cluster.list(unknown, { namespace }), "NotFound");
    },
  },
  {
    name: "wrong values are Invalid, each with reason and path",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const rows: [Record<string, unknown>, string[]][] = [
        [{}, ["spec.size FieldValueRequired"]],
        [{ size: "a" }, ["spec.size FieldValueTypeInvalid"]],
        [{ size: 1.5 }, ["spec.size FieldValueTypeInvalid"]],
        [{ size: 0 }, ["spec.size FieldValueInvalid"]],
        [{ size: 2000 }, ["spec.size FieldValueInvalid"]],
        [{ size: 5, mode: "q" }, ["spec.mode FieldValueNotSupported"]],
        [{ size: 5, name: "A" }, ["spec.name FieldValueInvalid"]],
        [{ size: 5, name: "ABC" }, ["spec.name FieldValueInvalid"]],
        [{ size: 5, name: "abcdefgh" }, ["spec.name FieldValueTooLong"]],
        [{ size: 5, when: "yesterday" }, ["spec.when FieldValueTypeInvalid"]],
        [{ size: 5, port: true }, ["spec.port FieldValueTypeInvalid"]],
        [{ size: 5, list: [{ v: 1 }] }, ["spec.list[0].k FieldValueRequired"]],
        [{ size: 5, list: [{ k: "a" }, { k: "a" }] }, ["spec.list[1] FieldValueDuplicate"]],
        [{ size: 5, set: ["a", "a"] }, ["spec.set[1] FieldValueDuplicate"]],
        [{ size: 5, map: { a: "b" } }, ["spec.map.a FieldValueTypeInvalid"]],
        [{ size: 5, atoms: [1] }, ["spec.atoms[0] FieldValueTypeInvalid"]],
      ];
      for (const [spec, causes] of rows) assert.deepEqual(await causesOf(cluster, namespace, spec), causes);
    },
  },
  {
    name: "CEL rules: message, messageExpression, reason, fieldPath",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const tooLarge = await refused(cluster.create(TRIES, tryObject(namespace, "a", { size: 5, max: 3 })), "Invalid");
      assert.equal(
        tooLarge.message,
        `Try.${GROUP} "a" is invalid: spec: Invalid value: "object": size must not exceed max`,
      );
      const mode = await refused(cluster.create(TRIES, tryObject(namespace, "a", { size: 5, mode: "z" })), "Invalid");
      assert.deepEqual(mode.causes, [
        { reason: "FieldValueForbidden", message: "Forbidden: mode is z", field: "spec.mode" },
      ]);
    },
  },
  {
    name: "a definition whose CEL rule does not compile is Invalid and says where",
    async run({ cluster }) {
      const names = { plural: "slips", kind: "Slip" };
      const slip = {
        type: "object",
        "x-kubernetes-validations": [{ rule: "self.a.nothingLikeThis()" }],
        properties: { a: { type: "string" } },
      };
      const version = { name: "v1", served: true, storage: true };
      const properties = { spec: slip };
      const definition = {
        ...DEFINITION,
        metadata: { name: `slips.${GROUP}` },
        spec: {
          group: GROUP,
          scope: "Namespaced",
          names,
          versions: [{ ...version, schema: { openAPIV3Schema: { type: "object", properties } } }],
        },
      };
      const { causes } = await refused(cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition), "Invalid");
      const cause = causes.find(({ message }) => message.includes("compilation failed"));
      assert.match(cause?.field ?? "none", /properties\[spec\]\.x-kubernetes-validations\[0\]\.rule$/);
    },
  },
  {
    name: "CEL transition rules look at what was there before",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const { metadata } = await cluster.create(TRIES, tryObject(namespace, "a", { size: 5, fixed: "x" }));
      const change = (fixed: string, size: number) =>
        cluster.patch(TRIES, metadata, { type: "merge", body: { spec: { fixed, size } } });
      const error = await refused(change("y", 5), "Invalid");
      assert.deepEqual(error.causes, [
        { reason: "FieldValueInvalid", message: 'Invalid value: "string": is immutable', field: "spec.fixed" },
      ]);
      await change("x", 6);
    },
  },
  {
    name: "unknown fields are pruned, free-form ones kept, defaults filled in everywhere",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const sent = {
        size: 5,
        mode: null,
        typo: 1,
        any: { deep: { er: [1] } },
        list: [{ k: "a", typo: 2 }],
        port: "http",
      };
      const created = await cluster.create(TRIES, tryObject(namespace, "a", sent), { fieldValidation: "Ignore" });
      assert.deepEqual(created["spec"], {
        size: 5,
        mode: "a",
        any: { deep: { er: [1] } },
        list: [{ k: "a", w: 7 }],
        port: "http",
      });
      const strict = cluster.create(TRIES, tryObject(namespace, "b", sent), { fieldValidation: "Strict" });
      assert.match(
        (await refused(strict, "BadRequest")).message,
        /unknown field "spec\.list\[0\]\.typo", unknown field "spec\.typo"|unknown field "spec\.typo"/,
      );
    },
  },
  {
    name: "an update needs a resourceVersion, a status write leaves the spec alone",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const created = await cluster.create(TRIES, { ...tryObject(namespace, "a", { size: 5 }), status: { x: "no" } });
      assert.equal(created["status"], undefined);
      const blind = await refused(cluster.update(TRIES, tryObject(namespace, "a", { size: 6 })), "Invalid");
      assert.equal(blind.causes[0]!.field, "metadata.resourceVersion");
      const written = { ...copyOf(created), status: { x: "yes" }, spec: { size: 9 } };
      const after = await cluster.update(TRIES, written, { subresource: "status" });
      assert.deepEqual(
        [after["spec"], after["status"], after.metadata.generation],
        [{ size: 5, mode: "a" }, { x: "yes" }, 1],
      );
    },
  },
  {
    name: "other versions of a kind show the same object",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const created = await cluster.create(TRIES, tryObject(namespace, "a", { size: 5 }));
      const old = await cluster.get(OLD_TRIES, { namespace, name: "a" });
      assert.deepEqual([old.apiVersion, old.metadata.uid], [`${GROUP}/v1alpha1`, created.metadata.uid]);
      const events = [];
      for await (const event of cluster.watch(OLD_TRIES, { namespace })) {
        events.push(event.object.apiVersion);
        break;
      }
      assert.deepEqual(events, [`${GROUP}/v1alpha1`]);
    },
  },
  {
    name: "no strategic merge patch for custom resources",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      const { metadata } = await cluster.create(TRIES, tryObject(namespace, "a", { size: 5 }));
      await refused(
        cluster.patch(TRIES, metadata, { type: "strategic", body: { spec: { size: 6 } } }),
        "UnsupportedMediaType",
      );
    },
  },
  {
    name: "apply in map lists, sets and maps: owners item by item, order of the applier",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      await cluster.create(TRIES, tryObject(namespace, "a", { size: 1 }), { fieldManager: "creator" });
      const apply = (fieldManager: string, spec: Record<string, unknown>, force = false) =>
        cluster.apply(TRIES, tryObject(namespace, "a", spec), { fieldManager, force });
      await apply("me", { list: [{ k: "a", v: 1 }], set: ["q"], map: { z: 1 } });
      const error = await refused(
        apply("you", { list: [{ k: "a", v: 2 }, { k: "b" }], set: ["r"], map: { z: 2 } }),
        "Conflict",
      );
      assert.equal(
        error.message,
        'Apply failed with 2 conflicts: conflicts with "me":\n- .spec.list[k="a"].v\n- .spec.map.z',
      );
      const forced = await apply("you", { list: [{ k: "b" }, { k: "a", v: 2 }], set: ["r"], map: { z: 2 } }, true);
      assert.deepEqual(forced["spec"], {
        size: 1,
        mode: "a",
        list: [
          { k: "b", w: 7 },
          { k: "a", v: 2, w: 7 },
        ],
        map: { z: 2 },
        set: ["q", "r"],
      });
      const left = await apply("you", { size: 1 });
      assert.deepEqual(left["spec"], { size: 1, mode: "a", list: [{ k: "a", w: 7 }], set: ["q"] });
    },
  },
  {
    name: "a deleted definition takes its objects and its kind with it",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      await cluster.create(TRIES, tryObject(namespace, "a", { size: 5 }));
      await cluster.delete(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION.metadata);
      await eventually(
        async () => void (await refused(cluster.get(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION.metadata), "NotFound")),
      );
      await eventually(async () => void (await refused(cluster.list(TRIES, { namespace }), "NotFound")));
    },
  },
];
