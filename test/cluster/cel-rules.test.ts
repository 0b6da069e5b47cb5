// The rules of testbed/conformance/cel-rules.ts in definitions, on a real API server and on the sandbox: what one takes and finds
// true, the other does too. SERIN_MESH_BIN names a folder with etcd and kube-apiserver.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RealServer, startServer } from "../../scripts/schemas/real-server.ts";
import { COSTLY_RULES, FOREIGN_RULES, TRUE_RULES } from "../../testbed/conformance/cel-rules.ts";
import { httpClientOf, type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

interface Answer {
  status: number;
  body: { message?: string };
}

let real: RealServer;
let api: SandboxApi;
let http: ReturnType<typeof httpClientOf>;

beforeAll(async () => {
  const bin = process.env["SERIN_MESH_BIN"];
  if (!bin) throw new Error("SERIN_MESH_BIN is not set: name a folder with etcd and kube-apiserver");
  [real, api] = await Promise.all([startServer(bin), startSandboxApi()]);
  http = httpClientOf(api);
});
afterAll(async () => {
  http?.close();
  await Promise.all([real?.stop(), api?.stop()]);
});

type Send = (path: string, body: object) => Promise<Answer>;
const worlds: Record<string, Send> = {
  "a real API server": async (path, body) => real.send("POST", path, body),
  "the sandbox": async (path, body) => {
    const { code, json } = await http.ask(path, { method: "POST", body });
    return { status: code, body: json() };
  },
};

/** One definition for each rule: a server counts what the rules of a definition may cost together. */
function definition(rule: string, index: number): object {
  const spec = {
    type: "object",
    properties: { x: { type: "string" } },
    "x-kubernetes-validations": [{ rule }],
  };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `tries.r${index}.cel.test` },
    spec: {
      group: `r${index}.cel.test`,
      scope: "Cluster",
      names: { plural: "tries", kind: "Try" },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Until the kind is served. */
async function createTry(send: Send, index: number): Promise<Answer> {
  const object = { apiVersion: `r${index}.cel.test/v1`, kind: "Try", metadata: { name: "a" }, spec: {} };
  for (let tries = 0; ; tries += 1) {
    const answer = await send(`/apis/r${index}.cel.test/v1/tries`, object);
    if (answer.status !== 404 || tries > 100) return answer;
    await sleep(100);
  }
}

test.each(COSTLY_RULES)("a real API server knows what is in %s, but not at which cost", async (rule) => {
  const { status, body } = await worlds["a real API server"]!(DEFINITIONS, definition(rule, 2_000));
  expect([status, body.message]).toEqual([422, expect.stringContaining("estimated rule cost")]);
  expect(body.message).not.toContain("compilation failed");
});

describe.each(Object.entries(worlds))("%s", (_, send) => {
  test("takes every rule, and finds it true", async () => {
    const answers = await Promise.all(TRUE_RULES.map((rule, index) => send(DEFINITIONS, definition(rule, index))));
    expect(answers.filter(({ status }) => status !== 201).map(({ body }) => body.message)).toEqual([]);
    const tried = await Promise.all(TRUE_RULES.map((_rule, index) => createTry(send, index)));
    expect(tried.filter(({ status }) => status !== 201).map(({ body }) => body.message)).toEqual([]);
  });

  test.each(FOREIGN_RULES)("refuses %s", async (rule) => {
    const { status, body } = await send(DEFINITIONS, definition(rule, 1_000));
    expect(status).toBe(422);
    expect(body.message).toMatch(/x-kubernetes-validations\[0\]\.rule: Invalid value: .*compilation failed/s);
  });
});
