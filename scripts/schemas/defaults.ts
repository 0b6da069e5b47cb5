// Learns defaults from a real server: sends sample objects as a dry run and notes every field that came back though it was not sent.

import type { RawSchema } from "../../src/sandbox/cluster/schema/raw-schema.ts";
import type { BuiltinFacts } from "./openapi.ts";
import type { RealServer } from "./real-server.ts";

/** Definition name to field to value. */
export type Defaults = Record<string, Record<string, unknown>>;

/** Depend on other fields, so they are code: src/sandbox/cluster/kinds. */
const CONDITIONAL = new Set([
  "Container.imagePullPolicy",
  "DeploymentStrategy.rollingUpdate",
  "StatefulSetUpdateStrategy.rollingUpdate",
  "DaemonSetUpdateStrategy.rollingUpdate",
  "ServicePort.targetPort",
  "ServicePort.nodePort",
  "ObjectMeta.",
  "ServiceSpec.clusterIP",
  "ServiceSpec.ipFamil",
  "ServiceSpec.internalTrafficPolicy",
  "ServiceSpec.externalTrafficPolicy",
  "ServiceSpec.allocateLoadBalancerNodePorts",
  "ServiceSpec.sessionAffinityConfig",
  "NamespaceSpec.",
  "LabelSelector.",
  "ResourceRequirements.requests",
  "Event.reporting",
  "PodSpec.serviceAccount",
  "PodSpec.enableServiceLinks",
  "NodeSpec.taints",
  "Subject.apiGroup",
  "HPAScalingRules.",
  "CustomResourceDefinitionNames.",
]);

export async function learnDefaults(server: RealServer, facts: BuiltinFacts): Promise<Defaults> {
  const defaults: Defaults = {};
  for (const [path, kind, sample] of SAMPLES) {
    const answer = await server.send("POST", `${path}?dryRun=All&fieldValidation=Strict`, sample);
    if (answer.status !== 201) throw new Error(`sample for ${path} refused: ${JSON.stringify(answer.body)}`);
    note({ sent: sample, got: answer.body, schema: { $ref: facts.kinds[kind]! }, owner: "" }, { facts, defaults });
  }
  return defaults;
}

const SERVERS_OWN = new Set(["status", "apiVersion", "kind"]);

/** One place in an answer, beside what was sent there. */
interface Pair {
  sent: unknown;
  got: unknown;
  schema: RawSchema;
  owner: string;
}

interface Notes {
  facts: BuiltinFacts;
  defaults: Defaults;
}

function note(pair: Pair, notes: Notes): void {
  const { sent, got, schema, owner } = pair;
  const node = schema.$ref === undefined ? schema : notes.facts.definitions[schema.$ref]!;
  const below = { ...pair, schema: node, owner: schema.$ref ?? owner };
  if (Array.isArray(got) && Array.isArray(sent))
    for (const [index, item] of sent.entries())
      note({ ...below, sent: item, got: got[index], schema: node.items ?? {} }, notes);
  else if (got !== null && typeof got === "object" && !Array.isArray(got)) noteFields(below, owner === "", notes);
}

function noteFields({ sent, got, schema, owner }: Pair, isRoot: boolean, notes: Notes): void {
  for (const [field, value] of Object.entries(got as Record<string, unknown>)) {
    const child = schema.properties?.[field];
    if (child === undefined || (isRoot && SERVERS_OWN.has(field))) continue;
    const before = (sent as Record<string, unknown> | undefined)?.[field];
    if (before !== undefined || isZeroStruct(child))
      note({ sent: before ?? {}, got: value, schema: child, owner }, notes);
    else if (value !== null && !isConditional(owner, field)) (notes.defaults[owner] ??= {})[field] = value;
  }
}

function isZeroStruct(schema: RawSchema): boolean {
  return typeof schema.default === "object" && schema.default !== null && Object.keys(schema.default).length === 0;
}

function isConditional(definition: string, field: string): boolean {
  const text = `${definition.split(".").at(-1)}.${field}`;
  return [...CONDITIONAL].some((each) => text.startsWith(each));
}

const probes = [{ httpGet: { port: 80 } }, { tcpSocket: { port: 80 } }, { grpc: { port: 80 } }];
const volumes = [
  { name: "a", secret: { secretName: "x" } },
  { name: "b", configMap: { name: "x" } },
  {
    name: "c",
    projected: {
      sources: [
        { serviceAccountToken: { path: "x" } },
        { downwardAPI: { items: [{ path: "x", fieldRef: { fieldPath: "metadata.name" } }] } },
      ],
    },
  },
  { name: "d", downwardAPI: { items: [{ path: "x", fieldRef: { fieldPath: "metadata.name" } }] } },
  { name: "e", hostPath: { path: "/x" } },
  { name: "f", emptyDir: {} },
];
const podSpec = {
  serviceAccountName: "x",
  containers: [
    {
      name: "a",
      image: "a:1",
      ports: [{ containerPort: 80 }],
      env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
      livenessProbe: probes[0],
      readinessProbe: probes[1],
      startupProbe: probes[2],
      lifecycle: { preStop: { httpGet: { port: 80 } } },
      resources: { limits: { cpu: "1" } },
    },
  ],
  initContainers: [{ name: "b", image: "a:1" }],
  volumes,
};
const template = { metadata: { labels: { a: "b" } }, spec: podSpec };
const selector = { matchLabels: { a: "b" } };
const NS = "namespaces/default";

const webhook = {
  name: "x.example.com",
  admissionReviewVersions: ["v1"],
  sideEffects: "None",
  clientConfig: { service: { namespace: "a", name: "b" } },
  rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
};

const SAMPLES: [path: string, kind: string, sample: Record<string, unknown>][] = [
  [`/api/v1/${NS}/pods`, "/v1/Pod", { metadata: { name: "x" }, spec: podSpec }],
  [`/api/v1/${NS}/services`, "/v1/Service", { metadata: { name: "x" }, spec: { ports: [{ port: 80 }] } }],
  [`/api/v1/${NS}/configmaps`, "/v1/ConfigMap", { metadata: { name: "x" } }],
  [`/api/v1/${NS}/secrets`, "/v1/Secret", { metadata: { name: "x" } }],
  [
    `/api/v1/${NS}/events`,
    "/v1/Event",
    { metadata: { name: "x" }, involvedObject: { kind: "Pod", name: "x", namespace: "default" } },
  ],
  [`/api/v1/${NS}/serviceaccounts`, "/v1/ServiceAccount", { metadata: { name: "x" } }],
  [
    `/api/v1/${NS}/endpoints`,
    "/v1/Endpoints",
    { metadata: { name: "x" }, subsets: [{ addresses: [{ ip: "10.1.1.1" }], ports: [{ port: 80 }] }] },
  ],
  ["/api/v1/nodes", "/v1/Node", { metadata: { name: "x" } }],
  ["/api/v1/namespaces", "/v1/Namespace", { metadata: { name: "x" } }],
  [`/apis/apps/v1/${NS}/deployments`, "apps/v1/Deployment", { metadata: { name: "x" }, spec: { selector, template } }],
  [`/apis/apps/v1/${NS}/replicasets`, "apps/v1/ReplicaSet", { metadata: { name: "x" }, spec: { selector, template } }],
  [
    `/apis/apps/v1/${NS}/statefulsets`,
    "apps/v1/StatefulSet",
    { metadata: { name: "x" }, spec: { selector, template, serviceName: "x" } },
  ],
  [`/apis/apps/v1/${NS}/daemonsets`, "apps/v1/DaemonSet", { metadata: { name: "x" }, spec: { selector, template } }],
  [
    `/apis/discovery.k8s.io/v1/${NS}/endpointslices`,
    "discovery.k8s.io/v1/EndpointSlice",
    { metadata: { name: "x" }, addressType: "IPv4", endpoints: [{ addresses: ["10.1.1.1"] }], ports: [{ port: 80 }] },
  ],
  [`/apis/coordination.k8s.io/v1/${NS}/leases`, "coordination.k8s.io/v1/Lease", { metadata: { name: "x" }, spec: {} }],
  [
    `/apis/autoscaling/v2/${NS}/horizontalpodautoscalers`,
    "autoscaling/v2/HorizontalPodAutoscaler",
    {
      metadata: { name: "x" },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: "Deployment", name: "x", apiVersion: "apps/v1" },
        behavior: { scaleDown: {} },
      },
    },
  ],
  [
    `/apis/policy/v1/${NS}/poddisruptionbudgets`,
    "policy/v1/PodDisruptionBudget",
    { metadata: { name: "x" }, spec: { selector, minAvailable: 1 } },
  ],
  [
    `/apis/rbac.authorization.k8s.io/v1/${NS}/rolebindings`,
    "rbac.authorization.k8s.io/v1/RoleBinding",
    {
      metadata: { name: "x" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "x" },
      subjects: [
        { kind: "User", name: "a" },
        { kind: "ServiceAccount", name: "b", namespace: "c" },
      ],
    },
  ],
  [
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
    {
      metadata: { name: "x" },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
        },
        validations: [{ expression: "true" }],
      },
    },
  ],
  [
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding",
    { metadata: { name: "x" }, spec: { policyName: "x", validationActions: ["Deny"] } },
  ],
  [
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    { metadata: { name: "x" }, webhooks: [webhook] },
  ],
  [
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
    { metadata: { name: "x" }, webhooks: [webhook] },
  ],
  [
    `/apis/networking.k8s.io/v1/${NS}/ingresses`,
    "networking.k8s.io/v1/Ingress",
    {
      metadata: { name: "x" },
      spec: {
        rules: [
          {
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "x", port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
  ],
  [
    "/apis/networking.k8s.io/v1/ingressclasses",
    "networking.k8s.io/v1/IngressClass",
    {
      metadata: { name: "x" },
      spec: { controller: "example.com/x", parameters: { kind: "ConfigMap", name: "x" } },
    },
  ],
  [
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    {
      metadata: { name: "xs.example.com" },
      spec: {
        group: "example.com",
        names: { plural: "xs", kind: "X" },
        scope: "Namespaced",
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    },
  ],
];
