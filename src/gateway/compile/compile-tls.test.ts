import { afterAll, describe, expect, test } from "vitest";
import { Authority } from "../../../testbed/gateway/certificates.ts";
import { destinationRule, gateway, named, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { CredentialStore } from "../credential-store.ts";
import { explain } from "../explain/explain.ts";
import type { ClientTls, GatewayServer, ServerTls } from "../objects.ts";
import { findByHost } from "../routing/match.ts";
import type { World } from "../world.ts";
import { compileTable } from "./compile.ts";

const authority = new Authority();
const shop = authority.issue("DNS:shop.example");
afterAll(() => authority.dispose());

const SECRETS: Record<string, Record<string, string>> = {
  shop: { "tls.crt": shop.certificate, "tls.key": shop.key },
  mutual: { "tls.crt": shop.certificate, "tls.key": shop.key, "ca.crt": authority.certificate },
  broken: { "tls.crt": "x", "tls.key": "x" },
};

const credentials = new CredentialStore((namespace, name) => {
  const data = namespace === "istio-system" ? SECRETS[name] : undefined;
  if (data === undefined) return undefined;
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data: Object.fromEntries(encoded) };
});

const SHOP: ServerTls = { mode: "SIMPLE", credentialName: "shop" };

function https(name: string, hosts: string[], tls: ServerTls | undefined = SHOP): GatewayServer {
  return { port: { number: 443, name, protocol: "HTTPS" }, hosts, tls };
}

function secureWorld(servers: GatewayServer[], parts: Partial<World> = {}): World {
  return worldOf({
    gateways: [gateway({ servers })],
    virtualServices: [virtualService([named("main")])],
    openPorts: [80, 443],
    credentials,
    ...parts,
  });
}

function serverFor(world: World, name: string): string | undefined {
  const found = findByHost(compileTable(world).table.tls.get(443)!.servers, name);
  return found && `${found.kind} ${found.key}`;
}

const problemsOf = (world: World) => compileTable(world).problems.map(({ message, effect }) => `${effect}: ${message}`);

describe("the server that a client's name leads to", () => {
  const world = secureWorld([
    https("exact", ["shop.example"]),
    https("wide", ["*.example"]),
    https("narrow", ["*.shop.example"]),
    https("scoped", ["default/scoped.test", "./own.test"]),
    https("any", ["*", "x.test"]),
  ]);
  test.each([
    ["shop.example", "exact"],
    ["a.shop.example", "narrow"],
    ["other.example", "wide"],
    ["scoped.test", "scoped"],
    ["own.test", "scoped"],
    ["x.test", "any"],
    ["", "any"],
  ])("%j -> %s", (name, portName) => {
    expect(serverFor(world, name)).toBe(`terminate https.443.${portName}.gw.default`);
  });

  test("none: nobody answers", () => {
    const few = secureWorld([https("exact", ["shop.example"])]);
    expect([serverFor(few, "other.example"), serverFor(few, "")]).toEqual([undefined, undefined]);
  });
});

test("each server has routes of its own, for its own hosts", () => {
  const world = secureWorld([https("a", ["a.example"]), https("b", ["b.example"])]);
  const { byKey } = compileTable(world).table.tls.get(443)!;
  const hosts = [...byKey.values()].map((server) => server.kind === "terminate" && [...server.hosts.exact.keys()]);
  expect(hosts).toEqual([["a.example"], ["b.example"]]);
});

test.each<[what: string, GatewayServer[], problem: string]>([
  ["no tls", [{ ...https("a", ["*"]), tls: undefined }], "refused: spec.servers[0].tls is missing"],
  [
    "no mode",
    [https("a", ["*"], { credentialName: "shop" })],
    "refused: spec.servers[0].tls.mode is missing, and Istio reads that as PASSTHROUGH",
  ],
  ["no credential", [https("a", ["*"], { mode: "SIMPLE" })], "refused: spec.servers[0].tls.credentialName is missing"],
  [
    "both spellings",
    [https("a", ["*"], { ...SHOP, credentialNames: ["shop"] })],
    "refused: spec.servers[0].tls.credentialNames",
  ],
  [
    "files",
    [https("a", ["*"], { ...SHOP, serverCertificate: "/etc/x" } as ServerTls)],
    "refused: spec.servers[0].tls.serverCertificate is not supported by the sandbox gateway: the sandbox gateway reads no files",
  ],
  [
    "mesh certificates",
    [https("a", ["*"], { mode: "ISTIO_MUTUAL" })],
    'refused: spec.servers[0].tls.mode: "ISTIO_MUTUAL"',
  ],
  [
    "an old version",
    [https("a", ["*"], { ...SHOP, minProtocolVersion: "TLSV1_1" })],
    'refused: spec.servers[0].tls.minProtocolVersion: "TLSV1_1"',
  ],
  [
    "an unknown cipher",
    [https("a", ["*"], { ...SHOP, cipherSuites: ["RC4-MD5"] })],
    "partly-honoured: spec.servers[0].tls.cipherSuites: RC4-MD5 left out",
  ],
  [
    "a missing Secret",
    [https("a", ["*"], { mode: "SIMPLE", credentialName: "nowhere" })],
    "refused: spec.servers[0].tls.credentialName: Secret istio-system/nowhere does not exist: kubectl -n istio-system create secret tls nowhere",
  ],
  [
    "a broken Secret",
    [https("a", ["*"], { mode: "SIMPLE", credentialName: "broken" })],
    "refused: spec.servers[0].tls.credentialName: tls.crt of Secret istio-system/broken is no PEM certificate (until then connections to this server are closed)",
  ],
  [
    "another namespace",
    [https("a", ["*"], { mode: "SIMPLE", credentialName: "default/shop" })],
    'refused: spec.servers[0].tls.credentialName: "default/shop" is no Secret of istio-system',
  ],
  [
    "MUTUAL without authorities",
    [https("a", ["*"], { ...SHOP, mode: "MUTUAL" })],
    "refused: spec.servers[0].tls.credentialName: Secret istio-system/shop has no ca.crt or cacert",
  ],
  [
    "a host twice",
    [https("a", ["x.test"]), https("b", ["x.test"])],
    "refused: spec.servers[1].hosts: x.test at port 443 is Gateway default/gw's already",
  ],
  [
    "a name twice",
    [https("a", ["x.test"]), https("a", ["y.test"])],
    "refused: spec.servers[1].port.name: every HTTPS server",
  ],
  [
    "plain text beside TLS",
    [https("a", ["x.test"]), { port: { number: 443, name: "h", protocol: "HTTP" }, hosts: ["*"] }],
    "refused: spec.servers[1].port.number: 443 speaks TLS already, by Gateway default/gw",
  ],
  [
    "TLS that ends in front of tcp",
    [{ ...https("a", ["*"]), port: { number: 443, name: "a", protocol: "TLS" } }],
    "refused: spec.servers[0].tls.mode: SIMPLE with protocol TLS",
  ],
])("%s is said", (_, servers, problem) => {
  const problems = problemsOf(secureWorld(servers));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(problem);
});

test("a server without a certificate closes its connections and leaves the others alone", () => {
  const world = secureWorld([
    https("a", ["*"]),
    https("b", ["b.example"], { mode: "SIMPLE", credentialName: "nowhere" }),
  ]);
  expect([serverFor(world, "b.example"), serverFor(world, "c.example")]).toEqual([
    "closed https.443.b.gw.default",
    "terminate https.443.a.gw.default",
  ]);
});

test("httpsRedirect answers for every host of the server, routes or none", () => {
  const plain = {
    port: { number: 80, name: "http", protocol: "HTTP" },
    hosts: ["*.example"],
    tls: { httpsRedirect: true },
  };
  const world = secureWorld([plain, https("a", ["*"])]);
  const { ports } = compileTable(world).table;
  expect(findByHost(ports.get(80)!, "a.example")?.routes[0]?.action.kind).toBe("https-redirect");
  expect(findByHost(ports.get(80)!, "a.test")).toBeUndefined();
});

describe("what is passed through", () => {
  const server: GatewayServer = {
    port: { number: 443, name: "tls", protocol: "TLS" },
    hosts: ["*.example"],
    tls: { mode: "PASSTHROUGH" },
  };
  const split = [
    { destination: { host: "echo", subset: "v1" }, weight: 80 },
    { destination: { host: "echo", subset: "v2" }, weight: 20 },
  ];
  const tls = [
    { match: [{ sniHosts: ["a.example"] }], route: split },
    { match: [{ sniHosts: ["b.example"], port: 8_443 }], route: split },
  ];
  const passing = (more: object[] = []) =>
    secureWorld([server], {
      virtualServices: [virtualService([], { hosts: ["*.example"], tls: [...tls, ...more] }, "vs")],
    });

  test("by name and port, with weights", () => {
    const found = findByHost(compileTable(passing()).table.tls.get(443)!.servers, "a.example");
    expect(
      found?.kind === "passthrough" && found.action.destinations.map(({ clusterKey, weight }) => [clusterKey, weight]),
    ).toEqual([
      ["outbound|80|v1|echo.default.svc.cluster.local", 80],
      ["outbound|80|v2|echo.default.svc.cluster.local", 20],
    ]);
    expect(serverFor(passing(), "b.example")).toBeUndefined();
  });

  test("a name twice, and one that is not among the hosts, are said", () => {
    expect(problemsOf(passing([{ match: [{ sniHosts: ["a.example"] }], route: split }]))).toEqual([
      expect.stringContaining(
        "partly-honoured: spec.tls[2].match[0].sniHosts: a name in it is served at port 443 already",
      ),
    ]);
    expect(problemsOf(passing([{ match: [{ sniHosts: ["a.test"] }], route: split }]))[0]).toContain(
      "spec.tls[2].match[0].sniHosts: a.test is not among spec.hosts (*.example)",
    );
  });

  test("explained with the shares", () => {
    const request = { host: "a.example", method: "GET", path: "/", headers: {}, port: 443 };
    expect(explain(passing(), request).destinations).toMatchObject([
      { subset: "v1", share: 0.8 },
      { subset: "v2", share: 0.2 },
    ]);
  });
});

describe("TLS towards endpoints", () => {
  const clusterFor = (tls: ClientTls) => {
    const world = secureWorld([https("a", ["*"])], { destinationRules: [destinationRule({ trafficPolicy: { tls } })] });
    return [
      compileTable(world).table.clusters.get("outbound|80||echo.default.svc.cluster.local")!.tls,
      problemsOf(world),
    ];
  };
  const believed = { certificates: authority.certificate, revoked: undefined };
  test.each<[ClientTls, unknown]>([
    [{ mode: "DISABLE" }, undefined],
    [{ mode: "ISTIO_MUTUAL" }, undefined],
    [{ mode: "SIMPLE" }, { serverName: undefined, trust: { authority: "system", names: undefined } }],
    [{ mode: "SIMPLE", insecureSkipVerify: true }, { trust: undefined }],
    [
      { mode: "SIMPLE", sni: "a.test" },
      { serverName: "a.test", trust: { names: [] } },
    ],
    [{ mode: "SIMPLE", subjectAltNames: ["b.test"] }, { trust: { names: ["b.test"] } }],
    [
      { mode: "MUTUAL", credentialName: "mutual" },
      { trust: { authority: believed }, keyPair: { key: shop.key } },
    ],
  ])("%j", (tls, expected) => {
    const [compiled, problems] = clusterFor(tls);
    if (expected === undefined) expect(compiled).toBeUndefined();
    else expect(compiled).toMatchObject(expected as object);
    expect(problems).toEqual([]);
  });

  test("a credential that is missing is said, and the rest of the rule holds", () => {
    const [compiled, problems] = clusterFor({ mode: "MUTUAL" });
    expect(compiled).toBe("unavailable");
    expect(problems).toEqual([
      "partly-honoured: spec.trafficPolicy.tls.credentialName is missing: MUTUAL shows a certificate of a Secret in istio-system (until then requests to it fail)",
    ]);
  });
});

test("https is explained: the server, its routes, and where connections end", () => {
  const world = secureWorld([
    https("a", ["a.example"]),
    https("b", ["b.example"], { mode: "SIMPLE", credentialName: "nowhere" }),
  ]);
  const ask = (host: string) => explain(world, { host, method: "GET", path: "/", headers: {}, port: 443 });
  expect(ask("a.example")).toMatchObject({ virtualService: expect.stringContaining("default/vs-"), route: "main" });
  expect(ask("b.example").answer).toEqual({
    code: 0,
    reason: "the connection is closed, since its server has no certificate",
  });
  expect(ask("c.example").answer?.reason).toBe(
    "the connection is closed, since no TLS server at port 443 has the name c.example",
  );
});
