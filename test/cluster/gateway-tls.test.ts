// TLS at the gateway and towards endpoints, put before both worlds: one API with the objects, Istio's gateway (istiod and Envoy) and the
// sandbox's in front of the same endpoints, the same clients. Each outcome is written down, and both must show it.
// SERIN_MESH_BIN names a folder with pilot-discovery, SERIN_ENVOY_BIN the program envoy.

import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { DESTINATION_RULES, GATEWAYS, SECRETS, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { ClientTls, GatewayServer, ServerTls } from "../../src/gateway/objects.ts";
import { Authority, type Certificate } from "../../testbed/gateway/certificates.ts";
import { type CurlAnswer, type CurlOptions, curl } from "../../testbed/gateway/curl.ts";
import { object } from "../../testbed/gateway/world.ts";
import { meshPrograms } from "../../testbed/mesh/programs.ts";
import { publishEndpoint, startTwoGateways, type TwoGateways } from "../../testbed/mesh/two-gateways.ts";
import { type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

const SYSTEM = "istio-system";
const authority = new Authority();
const stranger = new Authority("stranger");
const shop = authority.issue("DNS:shop.example,DNS:*.wild.example,DNS:mutual.example,DNS:optional.example");
const client = authority.issue("DNS:client.example,URI:spiffe://good/one");
const otherClient = authority.issue("DNS:other.example");
const strangeClient = stranger.issue("DNS:client.example");
const inner = authority.issue("DNS:shop.example,DNS:inner.example,DNS:pass.example");

let api: SandboxApi;
let gateways: TwoGateways;
const backends: Server[] = [];

beforeAll(async () => {
  const programs = meshPrograms();
  api = await startSandboxApi();
  await publishEndpoint(api.cluster, "echo", await listen(createHttp(echo)));
  await publishInner();
  await putSecret("shop", pairOf(shop));
  await putSecret("mutual", { ...pairOf(shop), "ca.crt": authority.certificate });
  await putSecret("client", pairOf(client));
  for (const name of ["trust-cacert", "client-cacert"]) await putSecret(name, { "ca.crt": authority.certificate });
  await putSecret("distrust-cacert", { cacert: stranger.certificate });
  await api.cluster.create(
    GATEWAYS,
    object("networking.istio.io/v1", "Gateway", "gw", { selector: { istio: "ingressgateway" }, servers: SERVERS }),
  );
  await api.cluster.create(VIRTUAL_SERVICES, object("networking.istio.io/v1", "VirtualService", "vs", ROUTES));
  for (const [name, tls] of Object.entries(UPSTREAMS))
    await api.cluster.create(DESTINATION_RULES, ruleFor(name, { tls }));
  gateways = await startTwoGateways(programs, { cluster: api.cluster, kubeconfigFile: api.kubeconfig });
  while ("closed" in (await curl("shop.example", gateways.envoy[443]))) await sleep(100);
}, 60_000);

afterAll(async () => {
  await gateways?.stop();
  for (const backend of backends) backend.close();
  await api?.stop();
  authority.dispose();
  stranger.dispose();
});

const https = (name: string, hosts: string[], tls: ServerTls): GatewayServer => ({
  port: { number: 443, name, protocol: "HTTPS" },
  hosts,
  tls,
});

const SERVERS: GatewayServer[] = [
  { port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"], tls: { httpsRedirect: true } },
  https("shop", ["shop.example"], { mode: "SIMPLE", credentialName: "shop" }),
  https("wild", ["*.wild.example"], { mode: "SIMPLE", credentialName: "shop" }),
  https("mutual", ["mutual.example"], { mode: "MUTUAL", credentialName: "mutual" }),
  https("named", ["named.example"], {
    ...{ mode: "MUTUAL", credentialName: "mutual" },
    subjectAltNames: ["spiffe://good/one"],
  }),
  https("optional", ["optional.example"], { mode: "OPTIONAL_MUTUAL", credentialName: "mutual" }),
  https("old", ["old.example"], { mode: "SIMPLE", credentialName: "shop", maxProtocolVersion: "TLSV1_2" }),
  https("new", ["new.example"], { mode: "SIMPLE", credentialName: "shop", minProtocolVersion: "TLSV1_3" }),
  {
    port: { number: 443, name: "pass", protocol: "TLS" },
    hosts: ["*.pass.example", "pass.example"],
    tls: { mode: "PASSTHROUGH" },
  },
];

/** Services by what their DestinationRule says of TLS; one TLS server is behind them all. */
const UPSTREAMS: Record<string, ClientTls> = {
  "inner-simple": { mode: "SIMPLE", credentialName: "trust" },
  "inner-distrusted": { mode: "SIMPLE", credentialName: "distrust" },
  "inner-sni": { mode: "SIMPLE", credentialName: "trust", sni: "elsewhere.example" },
  "inner-named": { mode: "SIMPLE", credentialName: "trust", subjectAltNames: ["inner.example"] },
  "inner-misnamed": { mode: "SIMPLE", credentialName: "trust", subjectAltNames: ["nobody.example"] },
  "inner-insecure": { mode: "SIMPLE", insecureSkipVerify: true },
  "inner-system": { mode: "SIMPLE" },
  "inner-mutual": { mode: "MUTUAL", credentialName: "client" },
};

const to = (host: string) => [{ destination: { host } }];

const ROUTES = {
  hosts: ["*"],
  gateways: ["gw"],
  http: [
    { match: [{ uri: { exact: "/moved" } }], redirect: { uri: "/there" } },
    { match: [{ uri: { exact: "/moved-port" } }], redirect: { uri: "/there", derivePort: "FROM_REQUEST_PORT" } },
    ...Object.keys(UPSTREAMS).map((name) => ({
      match: [{ uri: { exact: `/${name}` } }],
      route: to(name),
      retries: { attempts: 0 },
    })),
    { match: [{ uri: { exact: "/elsewhere" } }], rewrite: { authority: "other.example" }, route: to("inner-simple") },
    { match: [{ scheme: { exact: "https" } }], route: to("echo") },
  ],
  tls: [
    { match: [{ sniHosts: ["pass.example"] }], route: to("inner") },
    { match: [{ sniHosts: ["twice.pass.example"] }], route: to("inner-simple") },
  ],
};

function ruleFor(host: string, trafficPolicy: object): KubeObject {
  return object("networking.istio.io/v1", "DestinationRule", host, { host, trafficPolicy });
}

function echo({ headers }: Parameters<RequestListener>[0], response: Parameters<RequestListener>[1]): void {
  const certificate = headers["x-forwarded-client-cert"];
  response.end(
    JSON.stringify({ host: headers.host?.replace(/:\d+$/, ""), proto: headers["x-forwarded-proto"], certificate }),
  );
}

async function publishInner(): Promise<void> {
  const options = {
    cert: inner.certificate,
    key: inner.key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createHttps(options, ({ socket }, response) => {
    const { servername, authorized } = socket as TLSSocket & { servername: string };
    response.end(JSON.stringify({ sni: servername, authorized }));
  });
  const port = await listen(server);
  for (const name of ["inner", ...Object.keys(UPSTREAMS)]) await publishEndpoint(api.cluster, name, port);
}

async function listen(server: Server): Promise<number> {
  backends.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const base64 = (data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));

async function putSecret(name: string, data: Record<string, string>): Promise<void> {
  const metadata = { name, namespace: SYSTEM };
  const secret = { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: base64(data) };
  await api.cluster.create(SECRETS, secret);
}

function pairOf({ certificate, key }: Certificate): Record<string, string> {
  return { "tls.crt": certificate, "tls.key": key };
}

type Request = CurlOptions & { at?: 80 | 443 };

/** The same from both, as one line. */
async function outcomes(name: string, { at = 443, ...request }: Request): Promise<[envoy: string, sandbox: string]> {
  return Promise.all(
    [gateways.envoy[at], gateways.sandbox[at]].map(async (port) => textOf(await curl(name, port, request), port)),
  ) as Promise<[string, string]>;
}

function textOf(answer: CurlAnswer, port: number): string {
  if ("closed" in answer) return "closed";
  const { status, version, location, body } = answer;
  return `${status} ${version} ${location}${body}`.replaceAll(`:${port}`, ":PORT").trim();
}

const answered = (host: string, version = "2") => `200 ${version} {"host":"${host}","proto":"https"}`;

describe("which server, and which of its hosts", () => {
  const http1 = { args: ["--http1.1"] };
  test.each<[what: string, name: string, Request, outcome: string]>([
    ["HTTP/2 where the client can", "shop.example", {}, answered("shop.example")],
    ["HTTP/1.1 where it asks for that", "shop.example", http1, answered("shop.example", "1.1")],
    ["a client without ALPN", "shop.example", { args: ["--no-alpn"] }, answered("shop.example", "1.1")],
    [
      "the certificate is the server's",
      "shop.example",
      { authorityFile: authority.certificateFile },
      answered("shop.example"),
    ],
    ["a wildcard", "a.wild.example", {}, answered("a.wild.example")],
    ["a wildcard, two labels", "a.b.wild.example", {}, answered("a.b.wild.example")],
    ["a wildcard is not for its own domain", "wild.example", {}, "closed"],
    ["a name that no server has", "nobody.example", {}, "closed"],
    ["a Host that the server does not have", "shop.example", { args: ["-H", "host: other.example"] }, "404 2"],
    ["a Host of another server", "shop.example", { args: ["-H", "host: a.wild.example"] }, "404 2"],
    ["plain text at a TLS port", "shop.example", { scheme: "http" }, "closed"],
    ["TLS 1.1", "shop.example", { args: ["--tls-max", "1.1"] }, "closed"],
    ["TLS 1.2", "shop.example", { args: ["--tls-max", "1.2"] }, answered("shop.example")],
    ["maxProtocolVersion", "old.example", { args: ["--tlsv1.3"] }, "closed"],
    ["minProtocolVersion", "new.example", { args: ["--tls-max", "1.2"] }, "closed"],
    ["a redirect keeps the scheme", "shop.example", { path: "/moved" }, "301 2 https://shop.example:PORT/there"],
    ["port 443 is not spelled out", "shop.example", { path: "/moved-port" }, "301 2 https://shop.example:PORT/there"],
    [
      "httpsRedirect",
      "shop.example",
      { ...http1, at: 80, scheme: "http", path: "/a?b=c" },
      "301 1.1 https://shop.example:PORT/a?b=c",
    ],
    [
      "httpsRedirect of a host without a route",
      "x.test",
      { ...http1, at: 80, scheme: "http" },
      "301 1.1 https://x.test:PORT/",
    ],
  ])("%s", async (_, name, request, outcome) => {
    expect(await outcomes(name, request)).toEqual([outcome, outcome]);
  });
});

describe("client certificates", () => {
  test.each<[what: string, name: string, Certificate | undefined, outcome: RegExp]>([
    ["MUTUAL with one", "mutual.example", client, /^200 .*Subject=.*URI=spiffe:..good.one;DNS=client.example/],
    ["MUTUAL without", "mutual.example", undefined, /^closed$/],
    ["MUTUAL with a stranger's", "mutual.example", strangeClient, /^closed$/],
    ["subjectAltNames", "named.example", client, /^200 /],
    ["subjectAltNames, another name", "named.example", otherClient, /^closed$/],
    ["OPTIONAL_MUTUAL without", "optional.example", undefined, /^200 .*"proto":"https"}$/],
    ["OPTIONAL_MUTUAL with one", "optional.example", otherClient, /^200 .*URI=;DNS=other.example/],
    ["OPTIONAL_MUTUAL with a stranger's", "optional.example", strangeClient, /^closed$/],
    ["SIMPLE asks for none", "shop.example", client, /^200 .*"proto":"https"}$/],
  ])("%s", async (_, name, as, outcome) => {
    const claim = { args: ["-H", "x-forwarded-client-cert: Hash=claimed"] };
    const [envoy, sandbox] = await outcomes(name, as === undefined ? claim : { ...claim, as });
    expect(envoy).toMatch(outcome);
    expect(sandbox).toBe(envoy);
  });
});

describe("TLS towards endpoints", () => {
  test.each<[path: string, outcome: RegExp]>([
    ["inner-simple", /^200 .*{"sni":"shop.example","authorized":false}$/],
    ["inner-distrusted", /^503 .*reset reason: remote connection failure$/],
    ["inner-sni", /^200 .*{"sni":"elsewhere.example","authorized":false}$/],
    ["inner-named", /^200 .*{"sni":"shop.example"/],
    ["inner-misnamed", /^503 .*remote connection failure$/],
    ["inner-insecure", /^200 .*{"sni":"shop.example"/],
    ["inner-system", /^503 .*remote connection failure$/],
    ["inner-mutual", /^200 .*{"sni":"shop.example","authorized":true}$/],
    ["elsewhere", /^503 .*remote connection failure$/],
  ])("%s", async (path, outcome) => {
    const [envoy, sandbox] = await outcomes("shop.example", { path: `/${path}` });
    expect(envoy).toMatch(outcome);
    expect(sandbox).toBe(envoy);
  });
});

describe("passed through", () => {
  test.each<[what: string, name: string, Request, outcome: string]>([
    [
      "to the endpoint's own certificate",
      "pass.example",
      { authorityFile: authority.certificateFile },
      '200 1.1 {"sni":"pass.example","authorized":false}',
    ],
    [
      "with the client's certificate",
      "pass.example",
      { as: client },
      '200 1.1 {"sni":"pass.example","authorized":true}',
    ],
    ["in TLS of its own where a rule says so, which nobody expects", "twice.pass.example", {}, "closed"],
    ["not without a route", "a.pass.example", {}, "closed"],
  ])("%s", async (_, name, request, outcome) => {
    expect(await outcomes(name, request)).toEqual([outcome, outcome]);
  });
});
