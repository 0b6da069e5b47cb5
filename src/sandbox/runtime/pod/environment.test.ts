import { describe, expect, it } from "vitest";
import type { Container, Pod } from "../../../core/kubernetes/workload.ts";
import type { CatalogueEntry } from "../catalogue/entry.ts";
import { buildEnvironment, referencedSources, type Sources } from "./environment.ts";
import { expand } from "./expand.ts";
import { planLaunch } from "./launch.ts";

describe("expand", () => {
  it.each([
    ["$(A)-$(B)", "1-$(B)"],
    ["$$(A) $A ${A}", "$(A) $A ${A}"],
    ["$$$(A)", "$1"],
    ["$(A", "$(A"],
    ["100$", "100$"],
  ])("%s", (text, wanted) => expect(expand(text, { A: "1" })).toBe(wanted));
});

const SOURCES: Sources = new Map<string, Record<string, string>>([
  ["ConfigMap/conf", { mode: "fast", level: "3" }],
  ["Secret/keys", { token: "s3cret" }],
]);

function input(container: Partial<Container>) {
  const full = { name: "c", image: "i", ...container };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns", uid: "u", labels: { "app.kubernetes.io/name": "echo" } },
    spec: { containers: [full] },
  };
  return {
    pod,
    container: full,
    sources: SOURCES,
    imageEnv: { ECHO_TEXT: "hello-world" },
    podIP: "127.1.2.3",
    hostIP: "127.0.0.1",
  };
}

describe("buildEnvironment", () => {
  it("puts the image's first, then envFrom, then env in order", () => {
    const container = {
      envFrom: [{ prefix: "C_", configMapRef: { name: "conf" } }, { secretRef: { name: "none", optional: true } }],
      env: [
        { name: "ECHO_TEXT", value: "hi $(C_mode) $(LATER)" },
        { name: "LATER", value: "$(ECHO_TEXT)!" },
        { name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "token" } } },
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } } },
        { name: "NONE", valueFrom: { configMapKeyRef: { name: "conf", key: "x", optional: true } } },
      ],
    };
    expect(buildEnvironment(input(container))).toEqual({
      ok: true,
      variables: {
        ECHO_TEXT: "hi fast $(LATER)",
        C_mode: "fast",
        C_level: "3",
        LATER: "hi fast $(LATER)!",
        TOKEN: "s3cret",
        IP: "127.1.2.3",
        APP: "echo",
      },
    });
    expect(referencedSources(input(container).container)).toEqual([
      { kind: "ConfigMap", name: "conf" },
      { kind: "Secret", name: "none" },
      { kind: "Secret", name: "keys" },
    ]);
  });

  it.each([
    [{ envFrom: [{ configMapRef: { name: "gone" } }] }, 'configmap "gone" not found'],
    [
      { env: [{ name: "X", valueFrom: { secretKeyRef: { name: "keys", key: "y" } } }] },
      "couldn't find key y in Secret keys",
    ],
  ])("names what is missing", (container, words) => {
    const result = buildEnvironment(input(container));
    expect(result.ok ? "" : result.message).toContain(words);
  });
});

describe("planLaunch", () => {
  const alias = { podIP: "127.1.2.3", dial: undefined };
  const shared = { podIP: "10.244.0.2", dial: { "8080": "127.0.0.1:40001", "9090": "127.0.0.1:40002" } };
  const entry: CatalogueEntry = {
    image: "shop",
    command: ["node", "shop.js", "--at", "$(POD_IP):$(PORT)", "$(ARGS)", "--admin=$(PORT_admin)"],
    env: { HOST: "$(POD_IP)" },
    workingDir: "/srv",
  };
  const { pod } = input({
    args: ["--text=$(TEXT)"],
    ports: [{ containerPort: 8080 }, { name: "admin", containerPort: 9090 }],
  });

  it("tells address and port by arguments and variables, and gives the manifest's arguments their place", () => {
    const launch = planLaunch(pod, entry, alias, { TEXT: "hi", HOST: "0.0.0.0" });
    expect(launch).toMatchObject({
      ok: true,
      spec: {
        command: ["node", "shop.js", "--at", "127.1.2.3:8080", "--text=hi", "--admin=9090"],
        env: { HOST: "127.1.2.3", TEXT: "hi", HOSTNAME: "p" },
        workingDir: "/srv",
      },
    });
  });

  it("gives the real address and ports where pods share one", () => {
    const launch = planLaunch(pod, entry, shared, {});
    expect(launch.ok && launch.spec.command.slice(3)).toEqual(["127.0.0.1:40001", "--text=$(TEXT)", "--admin=40002"]);
  });

  it("asks for a containerPort that the entry needs", () => {
    const { pod: portless } = input({});
    const launch = planLaunch(portless, entry, alias, {});
    expect(launch.ok ? "" : launch.message).toContain("uses $(PORT), but the manifest declares no such port");
  });

  it("keeps this machine's other variables to itself", () => {
    process.env.SERIN_TEST_PRIVATE = "x";
    const launch = planLaunch(pod, entry, alias, {});
    expect(launch.ok && launch.spec.env).not.toHaveProperty("SERIN_TEST_PRIVATE");
  });
});
