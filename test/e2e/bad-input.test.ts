// Bad input of every kind, as a person gives it to kubectl or serin: each gets a message that names the field and the cure,
// and nothing of what runs changes.

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolPath } from "../../scripts/kubectl.ts";
import { answer, endAll, family, place, type Running, root, start, untilText, untilTrue } from "./serin-process.ts";

const ECHO = join(root, "examples", "echo");

interface Ran {
  code: number;
  text: string;
}

let here: Awaited<ReturnType<typeof place>>;
let sandbox: Running;

beforeAll(async () => {
  here = await place();
  sandbox = start(["up", ...here.flags]);
  await untilText(sandbox, /kubeconfig/i);
  await kubectl("apply", "-f", join(ECHO, "echo-canary.yaml"));
  await kubectl("apply", "-f", join(ECHO, "vs-rollback-v1.yaml"));
  await kubectl("wait", "--for=condition=Available", "deployment/echo-v1", "deployment/echo-v2", "--timeout=30s");
  await untilTrue("v1 answers", 10_000, async () => (await answer(here.port)).text.includes("v1"));
});

afterAll(async () => {
  if (sandbox?.child.pid !== undefined) await endAll(family(sandbox.child.pid));
  here.remove();
});

function run(program: string, args: string[]): Promise<Ran> {
  // kubectl's discovery cache would otherwise be this user's, and outlive the sandbox.
  const env = { ...process.env, SERIN_HOME: here.home, KUBECACHEDIR: join(here.home, "kubectl-cache") };
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 1 << 26, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: stdout + stderr }),
    );
  });
}

const kubectl = (...args: string[]) =>
  run(toolPath("kubectl"), ["--kubeconfig", join(here.home, "kubeconfig"), ...args]);
const serin = (...args: string[]) => run(process.execPath, [join(root, "bin", "serin.mjs"), ...args]);

async function applied(yaml: string): Promise<Ran> {
  const file = join(here.home, "bad.yaml");
  writeFileSync(file, yaml);
  return kubectl("apply", "-f", file);
}

/** All that could have been changed, as text. */
async function everything(): Promise<string> {
  const { text } = await kubectl(
    "get",
    "deployments,services,virtualservices,destinationrules,gateways,canaries",
    "-o",
    "json",
  );
  const { items } = JSON.parse(text) as { items: { metadata: { name: string }; kind: string; spec: unknown }[] };
  return JSON.stringify(items.map(({ kind, metadata, spec }) => [kind, metadata.name, spec]));
}

async function refused(yaml: string, ...says: RegExp[]): Promise<void> {
  const before = await everything();
  const { code, text } = await applied(yaml);
  expect(code, text).not.toBe(0);
  for (const pattern of says) expect(text).toMatch(pattern);
  expect(await everything()).toBe(before);
}

const canary = (name: string, spec: string) =>
  `{apiVersion: serin.dev/v1alpha1, kind: Canary, metadata: {name: ${name}}, spec: ${spec}}`;
const VERSIONS = "versions: {stable: echo-v1, canary: echo-v2}";
const STEPS = "strategy: {steps: [{setWeight: 20}, {pause: {}}]}";
const virtualService = (name: string, spec: string) =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}}, spec: ${spec}}`;

describe("refused by the API, with the field and the cure", () => {
  it.each<[string, string, RegExp[]]>([
    ["malformed YAML", "apiVersion: v1\nkind: ConfigMap\n  metadata: {", [/yaml|YAML/, /line \d/]],
    ["an unknown field", canary("bad", `{${VERSIONS}, ${STEPS}, speed: fast}`), [/spec\.speed/]],
    [
      "a wrong type",
      canary("bad", `{${VERSIONS}, strategy: {steps: [{setWeight: "many"}]}}`),
      [/spec\.strategy\.steps\[0\]\.setWeight/, /integer/],
    ],
    [
      "a weight beyond 100",
      canary("bad", `{${VERSIONS}, strategy: {steps: [{setWeight: 120}]}}`),
      [/setWeight/, /100/],
    ],
    ["no steps", canary("bad", `{${VERSIONS}, strategy: {steps: []}}`), [/spec\.strategy\.steps/]],
    [
      "a duration like 5x",
      canary("bad", `{${VERSIONS}, strategy: {steps: [{pause: {duration: 5x}}]}}`),
      [/duration/, /30s|1m30s|5m/],
    ],
    [
      "the same version twice",
      canary("bad", `{versions: {stable: echo-v1, canary: echo-v1}, ${STEPS}}`),
      [/spec\.versions/],
    ],
    [
      "what is planned and not there yet",
      canary("bad", `{${VERSIONS}, strategy: {adaptive: {harmBudget: 25}}}`),
      [/adaptive/, /steps/],
    ],
    [
      "a name in Unicode",
      canary("écho", `{${VERSIONS}, ${STEPS}}`),
      [/metadata\.name/, /lower case alphanumeric|RFC 1123/],
    ],
  ])("%s", async (_, yaml, says) => refused(yaml, ...says));

  it("an object of 10 MB", async () => {
    const data = "x".repeat(10 << 20);
    await refused(`{apiVersion: v1, kind: ConfigMap, metadata: {name: big}, data: {a: ${data}}}`, /too large|limit/i);
  });
});

describe("taken by the API, refused by who has to work with it", () => {
  /** The Canary's own words once it is Stalled. */
  async function stalled(yaml: string, name: string): Promise<string> {
    const { code, text } = await applied(yaml);
    expect(code, text).toBe(0);
    let message = "";
    await untilTrue(`${name} is Stalled`, 10_000, async () => {
      const { text: json } = await kubectl("get", "canary", name, "-o", "json");
      const { status } = JSON.parse(json) as { status?: { phase: string; message: string } };
      message = status?.message ?? "";
      return status?.phase === "Stalled";
    });
    await kubectl("delete", "canary", name);
    return message;
  }

  it("a Deployment that does not exist", async () => {
    const yaml = canary("lost", `{versions: {stable: echo-v1, canary: echo-v9}, ${STEPS}}`);
    expect(await stalled(yaml, "lost")).toMatch(/echo-v9/);
  });

  it("two Canaries on one route: the older wins, the other says who has it", async () => {
    await applied(canary("first", `{${VERSIONS}, ${STEPS}}`));
    await untilTrue("the first goes", 10_000, async () =>
      (await kubectl("get", "canary", "first", "-o", "jsonpath={.status.phase}")).text.includes("Paused"),
    );
    expect(await stalled(canary("second", `{${VERSIONS}, ${STEPS}}`), "second")).toMatch(/first/);
    const { text } = await kubectl("get", "canary", "first", "-o", "jsonpath={.status.phase}");
    expect(text).toBe("Paused");
    await kubectl("delete", "canary", "first", "--wait=true");
    await kubectl("apply", "-f", join(ECHO, "vs-rollback-v1.yaml"));
  });

  it("a host that nobody serves", async () => {
    const route =
      "http: [{route: [{destination: {host: nobody, subset: v1}, weight: 100}, {destination: {host: nobody, subset: v2}, weight: 0}]}]";
    await applied(virtualService("lonely", `{hosts: [lonely.example], gateways: [echo-gateway], ${route}}`));
    const traffic = "traffic: {istio: {virtualServices: [{name: lonely}]}}";
    expect(await stalled(canary("lonely", `{${VERSIONS}, ${traffic}, ${STEPS}}`), "lonely")).toMatch(/nobody|lonely/);
    await kubectl("delete", "virtualservice", "lonely");
  });

  it("a stale and a doubled action", async () => {
    await applied(
      canary("echo", `{${VERSIONS}, strategy: {steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]}}`),
    );
    const pausedAt = (weight: number) =>
      untilTrue(`paused at ${weight}`, 15_000, async () => {
        const { text } = await kubectl(
          "get",
          "canary",
          "echo",
          "-o",
          "jsonpath={.status.phase} {.status.weight.acknowledged}",
        );
        return text === `Paused ${weight}`;
      });
    await pausedAt(20);
    const { text: id } = await kubectl("get", "canary", "echo", "-o", "jsonpath={.status.rollout.id}");
    const { text: step } = await kubectl("get", "canary", "echo", "-o", "jsonpath={.status.rollout.step}");
    const action = (name: string, rollout: string) =>
      `{apiVersion: serin.dev/v1alpha1, kind: CanaryAction, metadata: {name: ${name}}, ` +
      `spec: {canaryRef: {name: echo}, verb: promote, rollout: ${rollout}, step: ${step}}}`;
    const outcome = async (name: string) => {
      let text = "";
      await untilTrue(`${name} is answered`, 10_000, async () => {
        ({ text } = await kubectl("get", "canaryaction", name, "-o", "jsonpath={.status.state} {.status.message}"));
        return /^(Done|Refused)/.test(text);
      });
      return text;
    };
    await applied(action("stale", "an-older-one"));
    expect(await outcome("stale")).toMatch(/^Refused .*an-older-one/);
    await applied(action("once", id));
    await pausedAt(50);
    await applied(action("twice", id));
    expect(await outcome("twice")).toMatch(/^Refused .*step/);
    await pausedAt(50);
    await kubectl("delete", "canary", "echo", "--wait=true");
  });
});

describe("served with care by the gateway, and said", () => {
  it("weights that do not add up to 100 are shares of their sum, and lint says so", async () => {
    const file = join(here.home, "weights.yaml");
    const route =
      "http: [{route: [{destination: {host: echo, subset: v1}, weight: -5}, {destination: {host: echo, subset: v2}, weight: 20}]}]";
    writeFileSync(file, virtualService("echo", `{hosts: ["*"], gateways: [echo-gateway], ${route}}`));
    const { code, text } = await serin("lint", "-f", file);
    expect(code).not.toBe(0);
    expect(text).toMatch(/weights\.yaml:1:\d+: error/);
    expect(text).toMatch(/weight/);
  });

  it("a subset without endpoints answers 503, and explain-route says why", async () => {
    const route = "http: [{route: [{destination: {host: echo, subset: v7}}]}]";
    await applied(virtualService("empty-subset", `{hosts: [empty.example], gateways: [echo-gateway], ${route}}`));
    await untilTrue("it is known", 10_000, async () =>
      (await serin("explain-route", "http://empty.example/")).text.includes("v7"),
    );
    const { text } = await serin("explain-route", "http://empty.example/");
    expect(text).toMatch(/503/);
    await kubectl("delete", "virtualservice", "empty-subset");
  });

  it("an empty VirtualService is refused or served nothing, never a crash", async () => {
    const before = (await answer(here.port)).text;
    const { text } = await applied(virtualService("empty", "{hosts: [nothing.example], gateways: [echo-gateway]}"));
    expect(text).not.toBe("");
    expect((await answer(here.port)).text).toBe(before);
    await kubectl("delete", "virtualservice", "empty", "--ignore-not-found");
  });
});

describe("serin lint, without a cluster", () => {
  it.each<[string, string, RegExp]>([
    ["malformed YAML", "a: [1,\nb: 2", /bad\.yaml:\d+:\d+/],
    [
      "a doubled key",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nmetadata: {name: b}\n",
      /bad\.yaml:4:\d+.*metadata/s,
    ],
    ["a misspelt field", canary("a", `{${VERSIONS}, strategy: {steps: [{setWieght: 20}]}}`), /setWieght.*setWeight/s],
    ["an empty VirtualService", virtualService("a", "{hosts: [x.example]}"), /http/],
  ])("%s is found with its place", async (_, yaml, says) => {
    const file = join(here.home, "bad.yaml");
    writeFileSync(file, yaml);
    const { code, text } = await serin("lint", "-f", file);
    expect(code, text).not.toBe(0);
    expect(text).toMatch(says);
  });
});
