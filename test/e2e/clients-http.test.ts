// The sandbox API as plain HTTPS: who may speak, in which forms it answers, what it refuses and how.

import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpClientOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let client: ReturnType<typeof httpClientOf>;

beforeAll(async () => {
  api = await startSandboxApi();
  client = httpClientOf(api);
});

afterAll(async () => {
  client.close();
  expect(api.complaints).toEqual([]);
  await api.stop();
});

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };

const configMap = (name: string, data: Record<string, string> = {}, metadata = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});

interface StatusBody {
  kind: string;
  code: number;
  reason: string;
  message: string;
  details?: { name?: string; kind?: string; uid?: string; causes?: { field?: string; reason: string }[] };
}

describe("who may speak", () => {
  test("no token and a wrong one: 401 with a Status", async () => {
    for (const headers of [{ authorization: "" }, { authorization: "Bearer wrong" }, { authorization: "Basic eDp5" }]) {
      const answer = await client.ask("/api/v1/pods", { headers });
      expect(answer.json()).toMatchObject({ kind: "Status", code: 401, reason: "Unauthorized" });
      expect(answer.code).toBe(401);
    }
  });

  test("a foreign Host header is turned away, whatever token comes with it", async () => {
    const port = new URL(api.url).port;
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "10.0.0.1",
      "localhost@evil.example",
    ]) {
      const answer = await client.ask("/api/v1/pods", { headers: { host } });
      expect([host, answer.code]).toEqual([host, 421]);
    }
    for (const host of ["localhost", `LOCALHOST:${port}`, `[::1]:${port}`, "127.0.0.1"])
      expect((await client.ask("/version", { headers: { host } })).code).toBe(200);
  });

  test("it listens on loopback alone", async () => {
    const foreign = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter((each) => !each.internal && each.family === "IPv4")
      .map((each) => each.address);
    for (const address of foreign)
      await expect(connect(`https://${address}:${new URL(api.url).port}/version`)).rejects.toThrow(/ECONNREFUSED/);
  });

  test("localhost and ::1 are in the certificate, and ::1 answers where there is IPv6", async () => {
    const certificate = new X509Certificate(readFileSync(join(api.home, "tls", "server.crt")));
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkIP("::1")).toBe("::1");
    expect(certificate.ca).toBe(false);
    const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"));
    if (hasIpv6) expect(await connect(`https://[::1]:${new URL(api.url).port}/version`)).toBe(401);
  });

  test("keys, token and kubeconfig are for their owner alone", () => {
    for (const file of ["kubeconfig", "token", "tls/ca.key", "tls/server.key"])
      expect([file, (statSync(join(api.home, file)).mode & 0o777).toString(8)]).toEqual([file, "600"]);
  });

  function connect(url: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(url, { ca: client.ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on("error", reject).end();
    });
  }
});

describe("start and stop", () => {
  test("a second start keeps authority, certificate, token and kubeconfig; a damaged certificate is replaced", async () => {
    const home = mkdtempSync(join(tmpdir(), "serin-api-"));
    const files = ["kubeconfig", "token", "tls/ca.crt", "tls/server.crt"];
    const read = () => files.map((file) => readFileSync(join(home, file), "utf8"));
    const first = await startSandboxApi({ home });
    const port = Number(new URL(first.url).port);
    const made = read();
    await first.stop();
    const second = await startSandboxApi({ home, port });
    expect(read()).toEqual(made);
    await second.stop();
    writeFileSync(join(home, "tls", "server.crt"), "nonsense");
    const third = await startSandboxApi({ home, port });
    const mended = read();
    expect(mended.slice(0, 3)).toEqual(made.slice(0, 3));
    expect(mended[3]).not.toBe("nonsense");
    const again = httpClientOf(third);
    expect((await again.ask("/version")).code).toBe(200);
    again.close();
    await third.stop();
    rmSync(home, { recursive: true });
  });

  test("a port that somebody has is an error that the caller hears", async () => {
    await expect(startSandboxApi({ port: Number(new URL(api.url).port) })).rejects.toThrow(/EADDRINUSE/);
  });

  test("closing ends watches at once and leaves no new file behind", async () => {
    const other = await startSandboxApi();
    const asking = httpClientOf(other);
    const watching = asking.ask(`${CONFIG_MAPS}?watch=1`);
    await asking.ask("/version");
    const begin = Date.now();
    await other.stop();
    const answer = await watching;
    expect([answer.code, answer.text]).toEqual([200, expect.not.stringContaining("ERROR")]);
    expect(Date.now() - begin).toBeLessThan(2_000);
    expect(existsSync(other.home)).toBe(false);
    asking.close();
  });
});

describe("documents about the API", () => {
  test("discovery: each group alone and all at once, with tags that save sending them again", async () => {
    expect((await client.ask("/api")).json()).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    expect((await client.ask("/apis/apps")).json()).toMatchObject({
      kind: "APIGroup",
      preferredVersion: { version: "v1" },
    });
    const core = (await client.ask("/api/v1")).json<{ resources: { name: string; verbs: string[] }[] }>().resources;
    expect(core.map((each) => each.name)).toEqual(
      expect.arrayContaining(["pods", "pods/log", "pods/status", "namespaces"]),
    );
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const all = await client.ask("/apis", { headers: { accept } });
    expect(all.headers["content-type"]).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    const groups = all.json<{ items: { metadata: { name: string } }[] }>().items.map((each) => each.metadata.name);
    expect(groups).toEqual(expect.arrayContaining(["apps", "networking.istio.io", "serin.dev"]));
    const tag = String(all.headers.etag);
    const unchanged = await client.ask("/apis", { headers: { accept, "if-none-match": tag } });
    expect([unchanged.code, unchanged.text, unchanged.headers["content-type"]]).toEqual([304, "", undefined]);
  });

  test("a new definition is served, discovered and described at once, and gone with its deletion", async () => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "wheels.example.com" },
      spec: {
        group: "example.com",
        scope: "Cluster",
        names: { kind: "Wheel", plural: "wheels", singular: "wheel" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: { spec: { type: "object", properties: { spokes: { type: "integer" } } } },
              },
            },
          },
        ],
      },
    };
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    expect((await client.ask("/apis/example.com/v1")).code).toBe(404);
    expect((await client.ask(path, { method: "POST", body: definition })).code).toBe(201);
    expect((await client.ask("/apis/example.com/v1")).json()).toMatchObject({
      resources: [{ name: "wheels", namespaced: false }],
    });
    const openapi = (await client.ask("/openapi/v3/apis/example.com/v1")).json<{
      components: { schemas: Record<string, object> };
    }>();
    expect(openapi.components.schemas["com.example.v1.Wheel"]).toMatchObject({
      properties: { spec: { properties: { spokes: { type: "integer" } } } },
    });
    const wheel = { apiVersion: "example.com/v1", kind: "Wheel", metadata: { name: "w" }, spec: { spokes: 3 } };
    expect((await client.ask("/apis/example.com/v1/wheels", { method: "POST", body: wheel })).code).toBe(201);
    await client.ask(`${path}/wheels.example.com`, { method: "DELETE" });
    expect((await client.ask("/apis/example.com/v1/wheels")).code).toBe(404);
  });

  test("OpenAPI: an index that leads to documents without dangling references; protobuf alone is 406", async () => {
    const index = (await client.ask("/openapi/v3")).json<{ paths: Record<string, { serverRelativeURL: string }> }>();
    expect(Object.keys(index.paths)).toEqual(
      expect.arrayContaining(["api/v1", "apis/apps/v1", "apis/serin.dev/v1alpha1"]),
    );
    for (const { serverRelativeURL } of Object.values(index.paths)) {
      const answer = await client.ask(serverRelativeURL);
      const { schemas } = answer.json<{ components: { schemas: Record<string, object> } }>().components;
      const used = new Set(
        [...answer.text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!),
      );
      expect([...used].filter((name) => !(name in schemas))).toEqual([]);
    }
    const accept = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    expect((await client.ask("/openapi/v3/apis/apps/v1", { headers: { accept } })).code).toBe(406);
    expect((await client.ask("/openapi/v2")).json()).toMatchObject({ swagger: "2.0", paths: {} });
  });

  test("who am I, may I; unknown reviews are refused", async () => {
    const review = (group: string, plural: string, kind: string, spec?: object) =>
      client.ask(`/apis/${group}/v1/${plural}`, { method: "POST", body: { apiVersion: `${group}/v1`, kind, spec } });
    const self = await review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview");
    expect([self.code, self.json()]).toMatchObject([
      201,
      { status: { userInfo: { groups: ["system:masters", "system:authenticated"] } } },
    ]);
    const may = await review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", {
      resourceAttributes: { verb: "get", resource: "pods" },
    });
    expect(may.json()).toMatchObject({ status: { allowed: true } });
    const other = await review("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", {
      user: "system:serviceaccount:istio-system:istio-ingressgateway",
      resourceAttributes: { verb: "list", resource: "secrets", namespace: "istio-system" },
    });
    expect([other.code, other.json()]).toMatchObject([201, { status: { allowed: true } }]);
    expect((await review("authentication.k8s.io", "tokenreviews", "TokenReview")).code).toBe(404);
  });
});

describe("forms of an answer", () => {
  beforeAll(async () => {
    for (const name of ["form-a", "form-b", "form-c"])
      await client.ask(CONFIG_MAPS, {
        method: "POST",
        body: configMap(name, { k: name }, { labels: { form: "yes" } }),
      });
  });

  test("table, metadata alone, YAML, and what is not offered", async () => {
    const list = `${CONFIG_MAPS}?labelSelector=form`;
    const table = (await client.ask(list, { headers: TABLE })).json<{ rows: { cells: unknown[]; object: object }[] }>();
    expect(table.rows.map((row) => row.cells[0])).toEqual(["form-a", "form-b", "form-c"]);
    expect(table.rows[0]!.object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "form-a" } });
    const bare = await client.ask(`${list}&includeObject=None`, { headers: TABLE });
    expect(bare.json<typeof table>().rows[0]!.object).toBeNull();
    const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    const metadata = await client.ask(list, { headers: { accept } });
    expect(metadata.json()).toMatchObject({
      kind: "PartialObjectMetadataList",
      items: [{ metadata: { name: "form-a" } }, {}, {}],
    });
    expect(metadata.text).not.toContain('"data"');
    const yaml = await client.ask(`${CONFIG_MAPS}/form-a`, { headers: { accept: "application/yaml" } });
    expect([yaml.headers["content-type"], yaml.text]).toEqual([
      "application/yaml",
      expect.stringContaining("data:\n  k: form-a\n"),
    ]);
    const protobuf = await client.ask(list, { headers: { accept: "application/vnd.kubernetes.protobuf" } });
    expect([protobuf.code, protobuf.json<StatusBody>().reason]).toEqual([406, "NotAcceptable"]);
    const second = await client.ask(list, {
      headers: { accept: "application/vnd.kubernetes.protobuf,application/json" },
    });
    expect([second.code, second.headers["content-type"]]).toEqual([200, "application/json"]);
  });

  test("pages of one picture: what changes in between is not seen", async () => {
    const list = `${CONFIG_MAPS}?labelSelector=form&limit=2`;
    interface Page {
      metadata: { continue?: string; resourceVersion: string };
      items: { metadata: { name: string } }[];
    }
    const first = (await client.ask(list)).json<Page>();
    await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("form-bb", {}, { labels: { form: "yes" } }) });
    await client.ask(`${CONFIG_MAPS}/form-c`, { method: "DELETE" });
    const second = (await client.ask(`${list}&continue=${first.metadata.continue}`)).json<Page>();
    expect([...first.items, ...second.items].map((each) => each.metadata.name)).toEqual(["form-a", "form-b", "form-c"]);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    const bad = (await client.ask(`${list}&continue=zzz`)).json<StatusBody>();
    expect([bad.code, bad.message]).toEqual([400, expect.stringContaining("continue")]);
  });

  test("large answers are compressed for those who take it", async () => {
    await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("large", { k: "x".repeat(200_000) }) });
    const raw = await rawBody(`${CONFIG_MAPS}/large`, { "accept-encoding": "gzip" });
    expect(raw.encoding).toBe("gzip");
    expect(raw.bytes.length).toBeLessThan(10_000);
    expect(JSON.parse(gunzipSync(raw.bytes).toString()).data.k).toHaveLength(200_000);
    expect((await rawBody(`${CONFIG_MAPS}/large`, {})).encoding).toBeUndefined();
    expect((await rawBody(`${CONFIG_MAPS}/form-a`, { "accept-encoding": "gzip" })).encoding).toBeUndefined();
    await client.ask(`${CONFIG_MAPS}/large`, { method: "DELETE" });
  });

  function rawBody(path: string, headers: Record<string, string>): Promise<{ encoding?: string; bytes: Buffer }> {
    return new Promise((resolve, reject) => {
      const all = { authorization: `Bearer ${client.token}`, ...headers };
      httpsRequest(api.url + path, { agent: client.agent, headers: all }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ encoding: response.headers["content-encoding"], bytes: Buffer.concat(chunks) }),
        );
      })
        .on("error", reject)
        .end();
    });
  }
});

describe("refusals", () => {
  const post = (body: string | Buffer, type: string, path = CONFIG_MAPS) =>
    client.ask(path, { method: "POST", body, headers: { "content-type": type } });

  test.each([
    ["GET", "/nope", 404],
    ["GET", "/apis/foo/v1/bars", 404],
    ["GET", "/api/v1/foos", 404],
    ["GET", `${CONFIG_MAPS}/nope`, 404],
    ["GET", `${CONFIG_MAPS}/nope/status`, 404],
    ["GET", "/api/v1/namespaces/default/namespaces/x/y/z", 404],
    ["PUT", CONFIG_MAPS, 405],
    ["POST", `${CONFIG_MAPS}/x`, 405],
    ["PATCH", "/api/v1/pods", 405],
    ["POST", "/api/v1/configmaps", 405],
    ["DELETE", "/api/v1/namespaces", 405],
    ["POST", "/version", 405],
    ["GET", "/api/v1/pods?limit=x", 400],
    ["GET", "/api/v1/pods?labelSelector=a%3D%3D%3Db", 400],
    ["GET", "/api/v1/pods?fieldSelector=spec.foo%3Db", 400],
    ["GET", "/api/v1/pods?resourceVersion=abc", 400],
    ["GET", "/api/v1/pods?resourceVersion=99999999", 504],
    ["GET", "/api/v1/pods?resourceVersionMatch=Exact", 422],
    ["GET", "/api/v1/pods?resourceVersion=1&resourceVersionMatch=Exact", 410],
    ["GET", "/api/v1/pods?watch=1&sendInitialEvents=true", 422],
    ["GET", "/api/v1/pods?watch=1&labelSelector=a%3D%3D%3Db", 400],
    ["GET", "/api/v1/pods?watch=1&resourceVersion=99999999", 504],
    ["GET", "/api/v1/pods?includeObject=Some", 200],
    ["DELETE", `${CONFIG_MAPS}/nope?propagationPolicy=Sometimes`, 422],
    ["GET", "/api/v1/namespaces/default/pods/nope/log", 404],
    ["GET", "/%zz", 404],
  ])("%s %s: %d", async (method, path, code) => {
    expect((await client.ask(path, { method })).code).toBe(code);
  });

  test("bodies that are no object, with the place of the mistake", async () => {
    const cases: [body: string, type: string, code: number, message: RegExp][] = [
      ['{"a":', "application/json", 400, /end of JSON input/],
      ['{"metadata": {"name": "x",}}', "application/json", 400, /line 1 column 27/],
      ["a: [b\nc: d", "application/yaml", 400, /yaml: .*line 2, column 1/],
      ["a: b\n---\nc: d\n", "application/yaml", 400, /one document/],
      ["", "application/json", 400, /empty/],
      ["[]", "application/json", 400, /object is expected/],
      ['{"metadata": 5}', "application/json", 400, /metadata/],
      ["{}", "application/xml", 415, /unknown format/],
      ["{}", "application/vnd.kubernetes.protobuf", 400, /protobuf/],
      ['{"kind":"Secret","apiVersion":"v1"}', "application/json", 400, /Secret/],
      ['{"metadata":{"name":"x","namespace":"other"}}', "application/json", 400, /namespace/],
      ["{}", "application/json", 422, /metadata.name: Required value/],
      ['{"metadata":{"name":"Ünicode"}}', "application/json", 422, /metadata.name/],
      ['{"metadata":{"name":"x"},"data":{"a":1}}', "application/json", 400, /data/],
      ["[".repeat(200_000), "application/json", 400, /JSON/],
      [`{"data":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`, "application/json", 400, /nested/],
      [
        `a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\ne: [*d,*d,*d,*d]`,
        "application/yaml",
        400,
        /alias/i,
      ],
      ["[".repeat(100_000), "application/yaml", 400, /nested too deep/],
      ['{"metadata":{"name":"x"},"__proto__":{"a":1}}', "application/json", 400, /__proto__/],
    ];
    for (const [body, type, code, message] of cases) {
      const answer = await post(body, type);
      const status = answer.json<StatusBody>();
      expect([body.slice(0, 60), answer.code, status.message]).toEqual([
        body.slice(0, 60),
        code,
        expect.stringMatching(message),
      ]);
      expect(status).toMatchObject({ kind: "Status", code, reason: expect.any(String) });
    }
    expect((await client.ask(`${CONFIG_MAPS}/x`)).code).toBe(404);
  });

  test("more than 3 MiB: 413, read by the client, and the connection goes on", async () => {
    const answer = await post(JSON.stringify(configMap("big", { k: "x".repeat(10_000_000) })), "application/json");
    expect([answer.code, answer.json<StatusBody>()]).toMatchObject([413, { reason: "RequestEntityTooLarge" }]);
    expect((await client.ask("/version")).code).toBe(200);
  });

  test("doubled fields in JSON and YAML", async () => {
    const strict = `${CONFIG_MAPS}?fieldValidation=Strict&dryRun=All`;
    const doubledJson = await post('{"metadata":{"name":"x"},"data":{"a":"1","a":"2"}}', "application/json", strict);
    expect(doubledJson.json<StatusBody>().message).toContain('duplicate field "data.a"');
    const doubledYaml = await post("metadata: {name: x}\ndata:\n  a: '1'\n  a: '2'\n", "application/yaml", strict);
    expect(doubledYaml.json<StatusBody>().message).toContain('duplicate field "data.a"');
    const warned = await post(
      '{"metadata":{"name":"x"},"data":{"a":"1","a":"2"},"é":1}',
      "application/json",
      `${CONFIG_MAPS}?dryRun=All`,
    );
    expect([warned.code, warned.json<{ data: object }>().data]).toEqual([201, { a: "2" }]);
    expect(warned.headers.warning).toContain('299 - "duplicate field \\"data.a\\""');
    expect(Buffer.from(String(warned.headers.warning), "latin1").toString()).toContain('unknown field \\"é\\"');
  });

  test("conflicts carry their details", async () => {
    await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("taken") });
    const again = (await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("taken") })).json<StatusBody>();
    expect(again).toMatchObject({ code: 409, reason: "AlreadyExists", details: { name: "taken", kind: "configmaps" } });
    const stale = await client.ask(`${CONFIG_MAPS}/taken`, {
      method: "PUT",
      body: configMap("taken", {}, { resourceVersion: "1" }),
    });
    expect(stale.json<StatusBody>()).toMatchObject({
      code: 409,
      reason: "Conflict",
      details: { name: "taken", kind: "configmaps" },
    });
    const renamed = await client.ask(`${CONFIG_MAPS}/taken`, { method: "PUT", body: configMap("other") });
    expect(renamed.json<StatusBody>()).toMatchObject({
      code: 400,
      message: expect.stringContaining("does not match the name on the URL"),
    });
    const apply = (path: string, name: string) =>
      client.ask(path, {
        method: "PATCH",
        body: configMap(name, { k: "v" }),
        headers: { "content-type": "application/apply-patch+yaml" },
      });
    expect((await apply(`${CONFIG_MAPS}/taken`, "taken")).json<StatusBody>().message).toContain(
      "fieldManager: Required value",
    );
    expect((await apply(`${CONFIG_MAPS}/applied?fieldManager=a`, "applied")).code).toBe(201);
    expect((await apply(`${CONFIG_MAPS}/applied?fieldManager=a`, "applied")).code).toBe(200);
    expect((await apply(`${CONFIG_MAPS}/applied?fieldManager=a`, "b")).code).toBe(400);
    const plain = await client.ask(`${CONFIG_MAPS}/taken`, { method: "PATCH", body: {} });
    expect(plain.json<StatusBody>()).toMatchObject({ code: 415, reason: "UnsupportedMediaType" });
  });

  test("deletion: a Status with the uid when gone, the object while it lingers, wrong preconditions", async () => {
    const made = (await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("doomed") })).json<{
      metadata: { uid: string };
    }>();
    const path = `${CONFIG_MAPS}/doomed`;
    const precondition = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "other" } };
    expect((await client.ask(path, { method: "DELETE", body: precondition })).code).toBe(409);
    expect((await client.ask(`${path}?dryRun=All`, { method: "DELETE" })).code).toBe(200);
    const gone = (await client.ask(path, { method: "DELETE" })).json<StatusBody>();
    expect(gone).toMatchObject({
      status: "Success",
      details: { name: "doomed", kind: "configmaps", uid: made.metadata.uid },
    });
    await client.ask(CONFIG_MAPS, {
      method: "POST",
      body: configMap("doomed", {}, { finalizers: ["example.com/hold"] }),
    });
    const lingering = (await client.ask(path, { method: "DELETE" })).json<{ kind: string; metadata: object }>();
    expect(lingering).toMatchObject({ kind: "ConfigMap", metadata: { deletionTimestamp: expect.any(String) } });
    await client.ask(path, {
      method: "PATCH",
      body: { metadata: { finalizers: null } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    expect((await client.ask(path)).code).toBe(404);
  });
});
