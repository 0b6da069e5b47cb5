// Definitions that others publish, and the samples that come with them, before the sandbox and before a real API server: both take
// the same ones, fill in the same defaults and refuse for the same reasons. SERIN_MESH_BIN names a folder with etcd and kube-apiserver.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type RealServer, startServer } from "../../scripts/schemas/real-server.ts";
import { moduleFolder, PUBLISHED } from "../../testbed/mesh/go-module.ts";
import { httpClientOf, kubectlOf, type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

interface Sample {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: object;
}

interface Definition extends Sample {
  spec: {
    group: string;
    scope: string;
    names: { plural: string; kind: string };
    versions: { name: string }[];
  };
}

interface Answer {
  status: number;
  body: { spec?: unknown; message?: string; details?: { causes?: { field: string; message: string }[] } };
}

type Send = (method: string, path: string, body?: unknown, type?: string) => Promise<Answer>;

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/** A real server names the field of a failed oneOf or anyOf `<nil>`, and repeats each branch (docs/reference/sandbox-api.md). */
const OTHER_WORDS = new Set(["invalid-addresses"]);

let real: RealServer;
let api: SandboxApi;
let http: ReturnType<typeof httpClientOf>;
const folders = { gatewayApi: "", prometheusOperator: "" };

beforeAll(async () => {
  const bin = process.env["SERIN_MESH_BIN"];
  if (!bin) throw new Error("SERIN_MESH_BIN is not set: name a folder with etcd and kube-apiserver");
  folders.gatewayApi = moduleFolder(PUBLISHED.gatewayApi);
  folders.prometheusOperator = moduleFolder(PUBLISHED.prometheusOperator);
  [real, api] = await Promise.all([startServer(bin), startSandboxApi()]);
  http = httpClientOf(api);
});

afterAll(async () => {
  http?.close();
  await Promise.all([real?.stop(), api?.stop()]);
});

const onReal: Send = (...args) => real.send(...args);
const onSandbox: Send = async (method, path, body, type = "application/json") => {
  const text = typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body);
  const answer = await http.ask(path, { method, body: text, headers: { "content-type": type } });
  return { status: answer.code, body: answer.json() };
};

function documents(pattern: string): Sample[] {
  const files = globSync(pattern);
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, "utf8"))
      .map((document) => document.toJS() as Sample | null)
      .filter((each): each is Sample => each?.kind !== undefined),
  );
}

function definitionsIn(pattern: string): Definition[] {
  return documents(pattern).filter((each): each is Definition => each.kind === "CustomResourceDefinition");
}

/** Applies to both; the answers' codes and, a moment later, the conditions are the same. */
async function install(definitions: readonly Definition[]): Promise<void> {
  for (const definition of definitions) {
    const path = `${DEFINITIONS}/${definition.metadata.name}?fieldManager=test&force=true`;
    const ask = (send: Send) => send("PATCH", path, JSON.stringify(definition), "application/apply-patch+yaml");
    const [theirs, ours] = await Promise.all([ask(onReal), ask(onSandbox)]);
    expect(ours.body.message).toEqual(theirs.body.message);
    expect([ours.status, theirs.status].every((status) => status === 200 || status === 201)).toBe(true);
  }
  for (const { metadata } of definitions) {
    const conditions = await conditionsOf(onSandbox, metadata.name);
    expect(conditions).toContainEqual(["Established", "True", "InitialNamesAccepted"]);
    await expect.poll(() => conditionsOf(onReal, metadata.name), { timeout: 15_000 }).toEqual(conditions);
  }
}

async function conditionsOf(send: Send, name: string): Promise<string[][]> {
  const { body } = await send("GET", `${DEFINITIONS}/${name}`);
  const { status } = body as { status?: { conditions?: { type: string; status: string; reason: string }[] } };
  const conditions = [...(status?.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1));
  return conditions.map(({ type, status, reason }) => [type, status, reason]);
}

/** Creates samples on both, as a dry run with strict validation. Returns how many both took and both refused. */
async function compare(definitions: readonly Definition[], samples: readonly Sample[]) {
  const counts = { taken: 0, refused: 0 };
  for (const sample of samples) {
    const path = pathOf(definitions, sample);
    if (path === undefined) continue;
    const [theirs, ours] = await Promise.all([onReal("POST", path, sample), onSandbox("POST", path, sample)]);
    const what = `${sample.kind} ${sample.metadata.name}`;
    expect(ours.status, `${what}\nreal: ${theirs.body.message}\nhere: ${ours.body.message}`).toBe(theirs.status);
    counts[ours.status === 201 ? "taken" : "refused"]++;
    if (ours.status === 201) expect(ours.body.spec, what).toEqual(theirs.body.spec);
    else if (!OTHER_WORDS.has(sample.metadata.name)) expect(causesOf(ours), what).toEqual(causesOf(theirs));
  }
  return counts;
}

function pathOf(definitions: readonly Definition[], sample: Sample): string | undefined {
  const definition = definitions.find(
    ({ spec }) =>
      spec.names.kind === sample.kind &&
      spec.versions.some(({ name }) => `${spec.group}/${name}` === sample.apiVersion),
  );
  if (definition === undefined) return undefined;
  sample.metadata = { ...sample.metadata, name: sample.metadata?.name ?? "nameless" };
  const isNamespaced = definition.spec.scope === "Namespaced";
  if (isNamespaced) sample.metadata.namespace = "default";
  const namespace = isNamespaced ? "namespaces/default/" : "";
  return `/apis/${sample.apiVersion}/${namespace}${definition.spec.names.plural}?dryRun=All&fieldValidation=Strict`;
}

/** Without the remark that other rules were not asked, whose field is `<nil>`. */
function causesOf({ body }: Answer): string[] {
  const causes = (body.details?.causes ?? []).filter(({ field }) => field !== "<nil>");
  return [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))].sort();
}

test.each(["standard", "experimental"])(
  "Gateway API, %s channel: the definitions and their authors' samples",
  async (channel) => {
    const definitions = definitionsIn(join(folders.gatewayApi, "config/crd", channel, "gateway.*.yaml"));
    expect(definitions.length).toBeGreaterThanOrEqual(9);
    await install(definitions);
    const valid = documents(join(folders.gatewayApi, "examples", channel, "**/*.yaml"));
    const invalid = documents(join(folders.gatewayApi, "hack/invalid-examples", channel, "**/*.yaml"));
    const counts = await compare(definitions, [...valid, ...invalid]);
    expect(counts.taken).toBeGreaterThanOrEqual(channel === "standard" ? 60 : 10);
    expect(counts.refused).toBeGreaterThanOrEqual(channel === "standard" ? 25 : 4);
  },
);

test("Prometheus Operator: definitions of up to 800 kB, by kubectl, and a sample of each kind that has one", async () => {
  const pattern = join(folders.prometheusOperator, "example/prometheus-operator-crd/*.yaml");
  const kubectl = kubectlOf(api);
  for (const file of globSync(pattern)) await kubectl("apply", "--server-side", "-f", file);
  await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s");
  const definitions = definitionsIn(pattern);
  await install(definitions);
  const samples = documents(join(folders.prometheusOperator, "example/**/*.yaml"));
  const counts = await compare(definitions, samples);
  expect(counts.taken).toBeGreaterThanOrEqual(10);
  expect(await kubectl("explain", "prometheus.spec.retention")).toContain("How long to retain");
  expect(api.complaints).toEqual([]);
});
