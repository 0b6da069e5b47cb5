// The same requests before the sandbox API and before the API server that KUBECONFIG names, and their answers compared:
// code, media type, warnings and body, but for what must differ (uids, versions, times). Where the sandbox answers otherwise
// on purpose the row says why, and only the codes are compared. Both are asked through `kubectl proxy`, so that any way of
// logging in to the cluster will do.

import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectlPath } from "../../scripts/kubectl.ts";
import { type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

const NAMESPACE = "serin-answers";
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const MERGE = { "content-type": "application/merge-patch+json" };
const JSON_PATCH = { "content-type": "application/json-patch+json" };
const APPLY = { "content-type": "application/apply-patch+yaml" };
const YAML = { "content-type": "application/yaml" };
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
const PARTIAL = { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" };

const map = (name: string, data: object = {}, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d" },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: "d" } },
    template: { metadata: { labels: { a: "d" } }, spec: { containers: [{ name: "c", image: "example/none" }] } },
  },
};

interface Row {
  ask: [method: string, path: string, body?: unknown, headers?: Record<string, string>];
  /** Why the bodies differ. */
  otherwise?: string;
}

const OWN_WORDS = "parsers word malformed input in their own way";

const ROWS: Row[] = [
  { ask: ["GET", "/nope"] },
  { ask: ["GET", "/apis/foo.example/v1/bars"] },
  { ask: ["GET", "/api/v1/foos"] },
  { ask: ["GET", "/apis/apps/v2/deployments"] },
  { ask: ["GET", "/apis/apps"] },
  { ask: ["GET", `${MAPS}/nope`] },
  { ask: ["GET", `${MAPS}/nope/status`] },
  { ask: ["PUT", MAPS, {}] },
  { ask: ["POST", `${MAPS}/x`, {}] },
  { ask: ["PATCH", "/api/v1/pods", {}] },
  { ask: ["POST", "/api/v1/configmaps", map("x")] },
  { ask: ["GET", `/api/v1/namespaces/${NAMESPACE}/deployments`] },
  { ask: ["GET", "/api/v1/pods?fieldSelector=spec.foo%3Db"] },
  { ask: ["GET", "/api/v1/pods?resourceVersion=abc"] },
  { ask: ["GET", "/api/v1/pods?resourceVersionMatch=Exact"] },
  { ask: ["GET", "/api/v1/pods?resourceVersionMatch=Exact&resourceVersion=0"] },
  { ask: ["GET", "/api/v1/pods?watch=1&sendInitialEvents=true"] },
  { ask: ["GET", "/api/v1/pods?watch=1&resourceVersionMatch=NotOlderThan"] },
  { ask: ["GET", "/api/v1/pods?limit=x"], otherwise: "ours names the parameter" },
  { ask: ["GET", "/api/v1/pods?labelSelector=a%3D%3D%3Db"], otherwise: OWN_WORDS },
  { ask: ["GET", "/api/v1/pods?continue=zzz"], otherwise: OWN_WORDS },
  { ask: ["GET", `${MAPS}?includeObject=Some`, undefined, TABLE] },
  { ask: ["GET", MAPS, undefined, { accept: "application/xml" }], otherwise: "protobuf is not offered" },
  { ask: ["POST", MAPS, '{"a":'], otherwise: OWN_WORDS },
  { ask: ["POST", MAPS, "a: [b", YAML], otherwise: OWN_WORDS },
  { ask: ["POST", MAPS, "{}", { "content-type": "application/xml" }] },
  { ask: ["POST", MAPS, "{}"] },
  { ask: ["POST", MAPS, map("x", {}, { namespace: "other" })] },
  { ask: ["POST", MAPS, map("Ün")] },
  { ask: ["POST", MAPS, map("x", { a: 1 })] },
  { ask: ["POST", MAPS, map("a", { k: "v" })] },
  { ask: ["POST", MAPS, map("a", { k: "v" })] },
  { ask: ["POST", `${MAPS}?dryRun=Foo`, map("b")] },
  { ask: ["POST", `${MAPS}?fieldValidation=Foo`, map("b")] },
  { ask: ["POST", `${MAPS}?fieldValidation=Strict`, { ...map("b", {}, { x: 1 }), foo: 1 }] },
  { ask: ["POST", `${MAPS}?fieldValidation=Warn&dryRun=All`, { ...map("b", {}, { x: 1 }), foo: 1 }] },
  { ask: ["POST", `${MAPS}?dryRun=All`, '{"metadata":{"name":"b"},"data":{"a":"1","a":"2"}}'] },
  { ask: ["POST", `${MAPS}?fieldValidation=Strict`, '{"metadata":{"name":"b"},"data":{"a":"1","a":"2"}}'] },
  { ask: ["POST", MAPS, "metadata: {name: y}\ndata: {a: 'yes', b: \"1\"}\n", YAML] },
  { ask: ["POST", MAPS, "metadata: {name: y2}\ndata: {a: yes}\n", YAML] },
  { ask: ["GET", `${MAPS}/a`] },
  { ask: ["GET", `${MAPS}/a`, undefined, PARTIAL] },
  { ask: ["PUT", `${MAPS}/a`, map("b")] },
  { ask: ["PUT", `${MAPS}/a`, map("a", { k: "w" }, { resourceVersion: "1" })] },
  { ask: ["PUT", `${MAPS}/a`, map("a", { k: "w" })] },
  { ask: ["PUT", `${MAPS}/zz`, map("zz")] },
  { ask: ["PUT", `${MAPS}/a`, { apiVersion: "v1", kind: "ConfigMap" }] },
  { ask: ["PATCH", `${MAPS}/a`, {}], otherwise: "ours lists what is accepted" },
  { ask: ["PATCH", `${MAPS}/a`, { data: { k: "z" } }, MERGE] },
  {
    ask: ["PATCH", `${MAPS}/a`, [{ op: "test", path: "/data/k", value: "no" }], JSON_PATCH],
    otherwise: "ours names the operation",
  },
  { ask: ["PATCH", `${MAPS}/a`, { metadata: { resourceVersion: "1" } }, MERGE] },
  { ask: ["PATCH", `${MAPS}/a?force=true`, { data: {} }, MERGE] },
  { ask: ["PATCH", `${MAPS}/a`, map("a", { k: "q" }), APPLY] },
  { ask: ["PATCH", `${MAPS}/a?fieldManager=m&force=true`, map("a", { k: "q" }), APPLY] },
  { ask: ["PATCH", `${MAPS}/a?fieldManager=n`, map("a", { k: "r" }), APPLY] },
  { ask: ["PATCH", `${MAPS}/a?fieldManager=m`, map("bb", { k: "q" }), APPLY] },
  { ask: ["PATCH", `${MAPS}/new?fieldManager=m`, map("new", { k: "q" }), APPLY] },
  { ask: ["PATCH", `${MAPS}/none`, { data: {} }, MERGE] },
  { ask: ["POST", DEPLOYMENTS, deployment] },
  { ask: ["PATCH", `${DEPLOYMENTS}/d/scale`, { spec: { replicas: -1 } }, MERGE] },
  { ask: ["GET", `${DEPLOYMENTS}/d/nope`] },
  { ask: ["DELETE", `${DEPLOYMENTS}/d/status`] },
  { ask: ["GET", `${MAPS}/nope/scale`] },
  { ask: ["GET", `/api/v1/namespaces/${NAMESPACE}/pods/nope/log`] },
  { ask: ["DELETE", `${MAPS}/nope`] },
  { ask: ["DELETE", `${MAPS}/a?propagationPolicy=Foo`] },
  { ask: ["DELETE", `${MAPS}/a`] },
  { ask: ["POST", MAPS, map("fin", {}, { finalizers: ["example.com/hold"] })] },
  { ask: ["DELETE", `${MAPS}/fin`] },
  { ask: ["PATCH", `${MAPS}/fin`, { metadata: { finalizers: null } }, MERGE] },
  { ask: ["GET", `${MAPS}/fin`] },
  { ask: ["DELETE", "/api/v1/namespaces/nope"] },
  { ask: ["POST", "/api/v1/namespaces/none/configmaps", map("x")] },
  { ask: ["GET", "/healthz"] },
];

let api: SandboxApi;
let sandbox: Proxy;
let cluster: Proxy;

beforeAll(async () => {
  api = await startSandboxApi();
  [sandbox, cluster] = await Promise.all([startProxy(api.kubeconfig), startProxy(process.env.KUBECONFIG ?? "")]);
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  for (const each of [sandbox, cluster]) expect((await ask(each, "POST", "/api/v1/namespaces", body)).code).toBe(201);
}, 60_000);

afterAll(async () => {
  await ask(cluster, "DELETE", `/api/v1/namespaces/${NAMESPACE}`);
  for (const each of [sandbox, cluster]) each.process.kill();
  await api.stop();
});

test.each(ROWS)("$ask.0 $ask.1 $ask.2", async ({ ask: [method, path, body, headers], otherwise }) => {
  const ours = await ask(sandbox, method, path, body, headers);
  const theirs = await ask(cluster, method, path, body, headers);
  if (otherwise === undefined) expect(ours).toEqual(theirs);
  else {
    expect(ours.code).toBe(theirs.code);
    // A difference that has gone should go from the table too.
    expect(ours).not.toEqual(theirs);
  }
});

interface Proxy {
  url: string;
  process: ChildProcess;
}

async function startProxy(kubeconfig: string): Promise<Proxy> {
  const args = ["proxy", "--port=0", `--kubeconfig=${kubeconfig}`];
  const child = spawn(kubectlPath(), args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8")) {
    text += String(part);
    const address = /Starting to serve on (\S+)/.exec(text)?.[1];
    if (address !== undefined) return { url: `http://${address}`, process: child };
  }
  throw new Error(`kubectl proxy did not start: ${text}`);
}

async function ask({ url }: Proxy, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url + path, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const type = answer.headers.get("content-type");
  return {
    code: answer.status,
    type,
    warning: answer.headers.get("warning"),
    body: type === "application/json" ? scrub(JSON.parse(text)) : text,
  };
}

const OF_EACH_RUN = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "time",
  "managedFields",
]);

function scrub(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(scrub);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !OF_EACH_RUN.has(key));
  return Object.fromEntries(kept.map(([key, each]) => [key, scrub(each)]));
}
