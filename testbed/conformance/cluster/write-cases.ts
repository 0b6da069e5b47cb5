// Create, update, patch: what the server fills in, keeps, refuses.

import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS, DEPLOYMENTS, PODS, SERVICES } from "../../../src/core/kubernetes/resource.ts";
import { type Case, configMap, copyOf, deployment, refused, TESTED, versionOf } from "./case.ts";

export const WRITE_CASES: Case[] = [
  {
    name: "create fills in the server's metadata and returns what get returns",
    async run({ cluster, namespace }) {
      const created = await cluster.create(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "v" } }));
      assert.match(created.metadata.uid!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.match(created.metadata.creationTimestamp!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.match(created.metadata.resourceVersion!, /^\d+$/);
      assert.deepEqual(await cluster.get(CONFIG_MAPS, { namespace, name: "a" }), created);
    },
  },
  {
    name: "create of what exists is AlreadyExists",
    async run({ cluster, namespace }) {
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a"));
      const error = await refused(cluster.create(CONFIG_MAPS, configMap(namespace, "a")), "AlreadyExists");
      assert.equal(error.message, 'configmaps "a" already exists');
    },
  },
  {
    name: "generateName makes different names",
    async run({ cluster, namespace }) {
      const sample = { ...configMap(namespace, ""), metadata: { namespace, generateName: "gen-" } };
      const names = new Set<string>();
      for (let i = 0; i < 5; i++)
        names.add((await cluster.create(CONFIG_MAPS, sample as unknown as KubeObject)).metadata.name);
      assert.equal(names.size, 5);
      for (const name of names) assert.match(name, /^gen-[a-z0-9]{5}$/);
    },
  },
  {
    name: "create in a namespace that is not there is NotFound and names it",
    async run({ cluster }) {
      const error = await refused(cluster.create(CONFIG_MAPS, configMap("nowhere", "a")), "NotFound");
      assert.equal(error.message, 'namespaces "nowhere" not found');
    },
  },
  {
    name: "a resourceVersion on a new object is refused",
    async run({ cluster, namespace }) {
      const object = configMap(namespace, "a");
      object.metadata.resourceVersion = "5";
      // A real server's reason is InternalError, which would make a caller try again; the sandbox says BadRequest.
      await assert.rejects(
        cluster.create(CONFIG_MAPS, object),
        /resourceVersion should not be set on objects to be created/,
      );
    },
  },
  {
    name: "get of what is not there is NotFound and names it",
    async run({ cluster, namespace }) {
      const error = await refused(cluster.get(DEPLOYMENTS, { namespace, name: "x" }), "NotFound");
      assert.equal(error.message, 'deployments.apps "x" not found');
    },
  },
  {
    name: "resourceVersions rise with every write, across kinds",
    async run({ cluster, namespace }) {
      const first = await cluster.create(CONFIG_MAPS, configMap(namespace, "a"));
      const second = await cluster.create(DEPLOYMENTS, deployment(namespace, "a"));
      const third = await cluster.patch(
        CONFIG_MAPS,
        { namespace, name: "a" },
        { type: "merge", body: { data: { k: "v" } } },
      );
      assert.ok(versionOf(first) < versionOf(second) && versionOf(second) < versionOf(third));
    },
  },
  {
    name: "generation counts changes of the spec, not of metadata or status",
    async run({ cluster, namespace }) {
      const key = { namespace, name: "a" };
      const generation = async () => (await cluster.get(DEPLOYMENTS, key)).metadata.generation;
      await cluster.create(DEPLOYMENTS, deployment(namespace, "a"));
      assert.equal(await generation(), 1);
      await cluster.patch(DEPLOYMENTS, key, { type: "merge", body: { metadata: { labels: { a: "b" } } } });
      await cluster.patch(
        DEPLOYMENTS,
        key,
        { type: "merge", body: { status: { replicas: 1 } } },
        { subresource: "status" },
      );
      assert.equal(await generation(), 1);
      await cluster.patch(DEPLOYMENTS, key, { type: "merge", body: { spec: { replicas: 3 } } });
      assert.equal(await generation(), 2);
    },
  },
  {
    name: "the main path keeps status, the status path keeps everything else",
    async run({ cluster, namespace }) {
      const key = { namespace, name: "a" };
      const conditions = [TESTED];
      const tested = ({ status }: KubeObject) =>
        (status as { conditions?: { type: string }[] }).conditions?.filter(({ type }) => type === TESTED.type) ?? [];
      const created = await cluster.create(DEPLOYMENTS, { ...deployment(namespace, "a"), status: { conditions } });
      assert.deepEqual(tested(created), []);
      const body = { spec: { replicas: 7 }, status: { conditions } };
      await cluster.patch(DEPLOYMENTS, key, { type: "merge", body }, { subresource: "status" });
      await cluster.patch(DEPLOYMENTS, key, {
        type: "merge",
        body: { spec: { replicas: 3 }, status: { conditions: [] } },
      });
      const found = await cluster.get<KubeObject & { spec: { replicas: number } }>(DEPLOYMENTS, key);
      assert.deepEqual([found.spec.replicas, tested(found)], [3, conditions]);
    },
  },
  {
    name: "an update made from an older version is a Conflict and changes nothing",
    async run({ cluster, namespace }) {
      const old = await cluster.create(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "1" } }));
      const key = { namespace, name: "a" };
      const now = await cluster.patch(CONFIG_MAPS, key, { type: "merge", body: { data: { k: "2" } } });
      const error = await refused(cluster.update(CONFIG_MAPS, { ...copyOf(old), data: { k: "3" } }), "Conflict");
      assert.match(error.message, /the object has been modified; please apply your changes to the latest version/);
      assert.deepEqual(await cluster.get(CONFIG_MAPS, key), now);
      const body = { metadata: { resourceVersion: old.metadata.resourceVersion }, data: { k: "3" } };
      await refused(cluster.patch(CONFIG_MAPS, key, { type: "merge", body }), "Conflict");
    },
  },
  {
    name: "an update without a resourceVersion overwrites a built-in kind",
    async run({ cluster, namespace }) {
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "1" } }));
      const updated = await cluster.update(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "2" } }));
      assert.deepEqual(updated["data"], { k: "2" });
    },
  },
  {
    name: "a write that changes nothing keeps the resourceVersion",
    async run({ cluster, namespace }) {
      // No controller writes a Service without a load balancer, so that only these writes could change it.
      const created = await cluster.create(SERVICES, service(namespace, "a"));
      const again = await cluster.update(SERVICES, copyOf(created));
      assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion);
      const patched = await cluster.patch(SERVICES, created.metadata, {
        type: "merge",
        body: { spec: { type: "ClusterIP" } },
      });
      assert.equal(patched.metadata.resourceVersion, created.metadata.resourceVersion);
    },
  },
  {
    name: "a JSON patch whose test fails is Invalid and changes nothing",
    async run({ cluster, namespace }) {
      const before = await cluster.create(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "1" } }));
      const operations = [
        { op: "replace" as const, path: "/data/k", value: "2" },
        { op: "test" as const, path: "/data/k", value: "1" },
      ];
      await refused(cluster.patch(CONFIG_MAPS, before.metadata, { type: "json", operations }), "Invalid");
      assert.deepEqual(await cluster.get(CONFIG_MAPS, before.metadata), before);
      const good = await cluster.patch(CONFIG_MAPS, before.metadata, {
        type: "json",
        operations: operations.reverse(),
      });
      assert.deepEqual(good["data"], { k: "2" });
    },
  },
  {
    name: "a merge patch removes with null and replaces lists",
    async run({ cluster, namespace }) {
      const key = { namespace, name: "a" };
      await cluster.create(DEPLOYMENTS, deployment(namespace, "a", { minReadySeconds: 5 }));
      const body = {
        spec: { minReadySeconds: null, template: { spec: { containers: [{ name: "b", image: "example.com/b:1" }] } } },
      };
      type Patched = KubeObject & {
        spec: { minReadySeconds?: number; template: { spec: { containers: { name: string }[] } } };
      };
      const { spec } = await cluster.patch<Patched>(DEPLOYMENTS, key, { type: "merge", body });
      assert.equal(spec.minReadySeconds, undefined);
      assert.deepEqual(
        spec.template.spec.containers.map(({ name }) => name),
        ["b"],
      );
    },
  },
  {
    name: "a strategic merge patch finds containers by name and env by name",
    async run({ cluster, namespace }) {
      const containers = [
        { name: "app", image: "example.com/app:1", env: [{ name: "A", value: "1" }] },
        { name: "side", image: "example.com/side:1" },
      ];
      const template = { metadata: { labels: { app: "a" } }, spec: { containers } };
      await cluster.create(DEPLOYMENTS, deployment(namespace, "a", { template }));
      const change = { name: "app", image: "example.com/app:2", env: [{ name: "B", value: "2" }] };
      const removal = { name: "side", $patch: "delete" };
      const body = { spec: { template: { spec: { containers: [change, removal] } } } };
      const patched = await cluster.patch(DEPLOYMENTS, { namespace, name: "a" }, { type: "strategic", body });
      const { spec } = patched as unknown as {
        spec: { template: { spec: { containers: (typeof containers)[number][] } } };
      };
      assert.deepEqual(
        spec.template.spec.containers.map(({ name, image, env }) => ({
          name,
          image,
          env: new Set(env?.map((e) => e.name)),
        })),
        [{ name: "app", image: "example.com/app:2", env: new Set(["A", "B"]) }],
      );
    },
  },
  {
    name: "scale reads and writes replicas and makes a new generation",
    async run({ cluster, namespace }) {
      const key = { namespace, name: "a" };
      await cluster.create(DEPLOYMENTS, deployment(namespace, "a"));
      const scale = await cluster.patch(
        DEPLOYMENTS,
        key,
        { type: "merge", body: { spec: { replicas: 4 } } },
        { subresource: "scale" },
      );
      assert.equal(scale.kind, "Scale");
      assert.deepEqual([scale["spec"], (scale["status"] as { selector: string }).selector], [{ replicas: 4 }, "app=a"]);
      const found = await cluster.get(DEPLOYMENTS, key);
      assert.deepEqual([(found["spec"] as { replicas: number }).replicas, found.metadata.generation], [4, 2]);
    },
  },
  {
    name: "a dry run answers as if, and stores nothing",
    async run({ cluster, namespace }) {
      const pretended = await cluster.create(CONFIG_MAPS, configMap(namespace, "a"), { dryRun: true });
      assert.equal(pretended.metadata.name, "a");
      await refused(cluster.get(CONFIG_MAPS, { namespace, name: "a" }), "NotFound");
      const stored = await cluster.create(CONFIG_MAPS, configMap(namespace, "b", { data: { k: "1" } }));
      await cluster.patch(
        CONFIG_MAPS,
        stored.metadata,
        { type: "merge", body: { data: { k: "2" } } },
        { dryRun: true },
      );
      await cluster.delete(CONFIG_MAPS, stored.metadata, { dryRun: true });
      assert.deepEqual(await cluster.get(CONFIG_MAPS, stored.metadata), stored);
    },
  },
  {
    name: "what a caller changes after a call never reaches the store",
    async run({ cluster, namespace }) {
      const mine = configMap(namespace, "a", { data: { k: "1" } });
      await cluster.create(CONFIG_MAPS, mine);
      (mine["data"] as Record<string, string>)["k"] = "changed";
      const found = await cluster.get(CONFIG_MAPS, { namespace, name: "a" });
      try {
        (found["data"] as Record<string, string>)["k"] = "changed";
      } catch {
        // A frozen answer is as good as a copy.
      }
      assert.deepEqual((await cluster.get(CONFIG_MAPS, { namespace, name: "a" }))["data"], { k: "1" });
    },
  },
  {
    name: "a Deployment gets the API's defaults",
    async run({ cluster, namespace }) {
      const { spec } = (await cluster.create(DEPLOYMENTS, deployment(namespace, "a"))) as unknown as {
        spec: Record<string, unknown> & { template: { spec: Record<string, unknown> & { containers: unknown[] } } };
      };
      const { containers, ...pod } = spec.template.spec;
      assert.deepEqual(
        { replicas: spec["replicas"], strategy: spec["strategy"], deadline: spec["progressDeadlineSeconds"] },
        {
          replicas: 1,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
          deadline: 600,
        },
      );
      assert.deepEqual(pod, {
        dnsPolicy: "ClusterFirst",
        restartPolicy: "Always",
        schedulerName: "default-scheduler",
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      });
      assert.deepEqual(containers, [
        {
          name: "app",
          image: "example.com/app:1",
          imagePullPolicy: "IfNotPresent",
          resources: {},
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
        },
      ]);
    },
  },
  {
    name: "a Service gets an address and keeps it",
    async run({ cluster, namespace }) {
      const wanted = service(namespace, "a");
      const created = (await cluster.create(SERVICES, wanted)) as KubeObject & { spec: Record<string, unknown> };
      assert.match(String(created.spec["clusterIP"]), /^10\.\d+\.\d+\.\d+$/);
      assert.deepEqual(created.spec["ports"], [{ port: 80, targetPort: 80, protocol: "TCP" }]);
      assert.deepEqual([created.spec["type"], created.spec["sessionAffinity"]], ["ClusterIP", "None"]);
      const updated = await cluster.update(SERVICES, { ...wanted, spec: { ...wanted.spec, selector: { app: "b" } } });
      assert.equal((updated["spec"] as Record<string, unknown>)["clusterIP"], created.spec["clusterIP"]);
    },
  },
  {
    name: "wrong fields are Invalid, each with its path",
    async run({ cluster, namespace }) {
      const wrong = deployment(namespace, "a", { replicas: -1, selector: { matchLabels: { app: "other" } } });
      const error = await refused(cluster.create(DEPLOYMENTS, wrong), "Invalid");
      assert.deepEqual(
        error.causes.map(({ reason, field }) => ({ reason, field })),
        [
          { reason: "FieldValueInvalid", field: "spec.replicas" },
          { reason: "FieldValueInvalid", field: "spec.template.metadata.labels" },
        ],
      );
    },
  },
  {
    name: "a wrong type is BadRequest and names the field",
    async run({ cluster, namespace }) {
      const error = await refused(
        cluster.create(DEPLOYMENTS, deployment(namespace, "a", { replicas: "two" })),
        "BadRequest",
      );
      assert.match(
        error.message,
        /cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
      );
    },
  },
  {
    name: "names and labels outside the syntax are Invalid, Unicode included",
    async run({ cluster, namespace }) {
      const named = await refused(cluster.create(CONFIG_MAPS, configMap(namespace, "größe")), "Invalid");
      assert.equal(named.causes[0]!.field, "metadata.name");
      assert.match(named.message, /a lowercase RFC 1123 subdomain must consist of/);
      const labelled = await refused(
        cluster.create(CONFIG_MAPS, configMap(namespace, "a", { labels: { "a b": "c" } })),
        "Invalid",
      );
      assert.equal(labelled.causes[0]!.field, "metadata.labels");
    },
  },
  {
    name: "unknown fields: refused by Strict, warned of by Warn, passed over by Ignore, never stored",
    async run({ cluster, namespace }) {
      const typo = deployment(namespace, "a", { replica: 3 });
      const error = await refused(cluster.create(DEPLOYMENTS, typo, { fieldValidation: "Strict" }), "BadRequest");
      assert.match(error.message, /unknown field "spec\.replica"/);
      const stored = await cluster.create(DEPLOYMENTS, typo, { fieldValidation: "Ignore" });
      assert.equal(Object.hasOwn(stored["spec"] as object, "replica"), false);
    },
  },
  {
    name: "a Deployment's selector is for life",
    async run({ cluster, namespace }) {
      const created = await cluster.create(DEPLOYMENTS, deployment(namespace, "a"));
      const body = {
        spec: { selector: { matchLabels: { app: "b" } }, template: { metadata: { labels: { app: "b" } } } },
      };
      const error = await refused(cluster.patch(DEPLOYMENTS, created.metadata, { type: "merge", body }), "Invalid");
      assert.ok(
        error.causes.some(({ field, message }) => field === "spec.selector" && /field is immutable/.test(message)),
      );
    },
  },
  {
    name: "of a running pod only few fields may change",
    async run({ cluster, namespace }) {
      const pod: KubeObject = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", namespace },
        spec: { containers: [{ name: "app", image: "example.com/app:1" }], automountServiceAccountToken: false },
      };
      const created = await cluster.create(PODS, pod);
      assert.equal((created["status"] as { phase: string }).phase, "Pending");
      const image = { spec: { containers: [{ name: "app", image: "example.com/app:2" }] } };
      await cluster.patch(PODS, created.metadata, { type: "strategic", body: image });
      const name = { spec: { restartPolicy: "Never" } };
      const error = await refused(cluster.patch(PODS, created.metadata, { type: "strategic", body: name }), "Invalid");
      assert.equal(error.causes[0]!.field, "spec");
    },
  },
  {
    name: "an object beyond 3 MiB is RequestEntityTooLarge",
    async run({ cluster, namespace }) {
      const data = { big: "x".repeat(3 * 1024 * 1024 + 1) };
      await refused(cluster.create(CONFIG_MAPS, configMap(namespace, "a", { data })), "RequestEntityTooLarge");
    },
  },
];

function service(namespace: string, name: string): KubeObject & { spec: object } {
  const spec = { selector: { app: name }, ports: [{ port: 80 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec };
}
