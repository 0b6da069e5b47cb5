import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployment, echoCanary, PROGRESSING, timeAt } from "../../testbed/rollout/echo-canary.ts";
import { DESTINATION_RULE, split } from "../../testbed/rollout/echo-route.ts";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import { istioRouter } from "../adapters/istio/router.ts";
import type { KubeObject } from "../core/kubernetes/object.ts";
import {
  CANARIES,
  CANARY_ACTIONS,
  DEPLOYMENTS,
  DESTINATION_RULES,
  EVENTS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../core/kubernetes/resource.ts";
import type { CanaryStatus } from "../core/rollout/status.ts";
import type { ActionState, CanaryAction } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";
import { serinCrds } from "../core/spec/crd.generated.ts";
import { type Cluster, ClusterError } from "../ports/cluster.ts";
import { openSandboxCluster, type SandboxCluster } from "../sandbox/cluster/open.ts";
import { connectionTo, type Ran, runCli, start, type TestWorldOptions } from "./test-world.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let sandbox: SandboxCluster;
let cluster: Cluster;
let clock: VirtualClock;
let world: TestWorldOptions;

beforeAll(async () => {
  clock = new VirtualClock();
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log: silent, crds: serinCrds() });
  cluster = sandbox.as({ name: "jane", groups: ["system:masters"] });
  world = { cluster, clock, overrides: { router: (asked) => Promise.resolve(istioRouter({ cluster: asked })) } };
  await cluster.create(DEPLOYMENTS, blank(deployment("echo-v1", "a:1")));
  await cluster.create(DEPLOYMENTS, blank(deployment("echo-v2", "a:2")));
  for (const object of ROUTE) await cluster.create(object.resource, object.value);
});

afterAll(() => sandbox.close());

/** As a user would write it. */
function blank<T extends KubeObject>({ status, ...object }: T): T {
  void status;
  const { name, namespace } = (object as unknown as T).metadata;
  return { ...object, metadata: { name, namespace } } as unknown as T;
}

const meta = (name: string) => ({ name, namespace: "default" });
const ROUTE = [
  {
    resource: SERVICES,
    value: {
      apiVersion: "v1",
      kind: "Service",
      metadata: meta("echo"),
      spec: { selector: { app: "echo" }, ports: [{ port: 80 }] },
    },
  },
  {
    resource: DESTINATION_RULES,
    value: DESTINATION_RULE,
  },
  {
    resource: VIRTUAL_SERVICES,
    value: {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: meta("echo"),
      spec: {
        hosts: ["*"],
        gateways: ["echo-gateway"],
        http: [split(80, 20)],
      },
    },
  },
];

/** Puts the Canary into this state, anew. */
async function given(status?: Partial<CanaryStatus>): Promise<void> {
  const canary = echoCanary(status);
  await cluster.delete(CANARIES, meta("echo")).catch(() => {});
  for (const { metadata } of (await cluster.list(CANARY_ACTIONS)).items) await cluster.delete(CANARY_ACTIONS, metadata);
  const created = await cluster.create<Canary>(CANARIES, blank(canary));
  if (canary.status !== undefined)
    await cluster.update<Canary>(CANARIES, { ...created, status: canary.status }, { subresource: "status" });
}

/** A controller that gives every action the same answer. */
async function answering(state: ActionState, message: string, signal: AbortSignal): Promise<void> {
  for await (const event of cluster.watch<CanaryAction>(CANARY_ACTIONS, { namespace: "default", signal })) {
    if (event.type !== "ADDED" || event.object.status !== undefined) continue;
    const status = { state, message, at: timeAt(0) };
    await cluster.update(CANARY_ACTIONS, { ...event.object, status }, { subresource: "status" });
  }
}

async function withController<T>(state: ActionState, message: string, act: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const answers = answering(state, message, stop.signal);
  try {
    return await act();
  } finally {
    stop.abort();
    await answers;
  }
}

async function actions(): Promise<CanaryAction[]> {
  return (await cluster.list<CanaryAction>(CANARY_ACTIONS)).items;
}

/** Lets virtual time pass until the command has ended. */
async function runOn({ done }: ReturnType<typeof start>): Promise<Ran> {
  for (;;) {
    const ran = await Promise.race([done, tick()]);
    if (ran !== undefined) return ran;
  }
}

async function tick(): Promise<undefined> {
  await clock.advance(50);
  await new Promise((resolve) => setTimeout(resolve, 1));
  return undefined;
}

function withError(error: Error): TestWorldOptions {
  const connect = async () => {
    throw error;
  };
  return { ...world, overrides: { connect } };
}

describe("usage", () => {
  test.each([
    { argv: ["gte"], code: 2, err: "(Did you mean get?)" },
    { argv: ["get", "--wacth"], code: 2, err: "(Did you mean --watch?)" },
    { argv: ["status"], code: 2, err: "missing required argument 'name'" },
    { argv: ["status", "service/echo"], code: 2, err: 'Write "canary/echo" or "echo"' },
    { argv: ["status", "echo", "--timeout", "5x"], code: 2, err: 'Write a duration such as "30s"' },
    { argv: ["get", "-o", "jsonpth={.a}"], code: 2, err: "unknown output format" },
    { argv: ["get", "-o", "jsonpath={.a"], code: 2, err: "is not closed" },
    { argv: ["get", "--color", "blue"], code: 2, err: "Allowed choices are auto, always, never" },
    { argv: ["apply"], code: 2, err: "name files with -f" },
    {
      argv: ["apply", "-f", "https://example.com/a.yaml"],
      code: 2,
      err: "curl -fsSL https://example.com/a.yaml | serin apply -f -",
    },
    { argv: ["promote", "echo", "--full", "--step", "2"], code: 2, err: "do not go together" },
    { argv: ["load", "--url", "nonsense"], code: 2, err: "is no URL" },
    { argv: ["reset"], code: 2, err: "Without a terminal say so with --yes" },
  ])("serin $argv ends with $code", async ({ argv, code, err }) => {
    const ran = await runCli(world, ...argv);
    expect(ran.err).toContain(err);
    expect(ran.code).toBe(code);
    expect(ran.out).toBe("");
  });

  test("help names the exit codes, and the name it was called by", async () => {
    const ran = await runCli({ ...world, env: { SERIN_INVOKED_AS: "kubectl-serin" } }, "get", "--help");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toContain("Usage: kubectl serin get|list [options]");
    expect(ran.out).toContain("4    the API server cannot be reached");
  });

  test("no command shows the help", async () => {
    expect(await runCli(world)).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining("Act on a rollout:") as string,
    });
  });
});

describe("failures", () => {
  test.each([
    { error: new ClusterError("Unreachable", "no answer"), code: 4, err: "error: no answer\n" },
    { error: new ClusterError("Forbidden", "canaries is forbidden"), code: 1, err: "Your user lacks this permission" },
    { error: new Error("broken file"), code: 1, err: "error: broken file\n" },
  ])("$error.message gives $code", async ({ error, code, err }) => {
    const ran = await runCli(withError(error), "get");
    expect(ran).toMatchObject({ code, out: "" });
    expect(ran.err).toContain(err);
    expect(ran.err).not.toContain("at ");
    expect((await runCli(withError(error), "get", "-v")).err).toContain("    at ");
  });

  test("the causes of a refusal are shown", async () => {
    const causes = [{ reason: "FieldValueInvalid", message: "must be at most 100", field: "spec.steps[0].setWeight" }];
    const ran = await runCli(withError(new ClusterError("Invalid", "Canary is invalid", { causes })), "get");
    expect(ran.err).toBe("error: Canary is invalid (Invalid)\n  - spec.steps[0].setWeight: must be at most 100\n");
  });

  test("Ctrl-C gives 130", async () => {
    const never = start({ ...world, overrides: { connect: () => new Promise(() => {}) } }, "status", "echo");
    never.interrupt();
    expect((await never.done).code).toBe(130);
  });
});

describe("get", () => {
  test("a table, with namespaces and messages where asked", async () => {
    await given({});
    expect((await runCli(world, "get")).out).toBe(
      "NAME   PHASE           STEP   WEIGHT   STABLE    CANARY    AGE\n" +
        "echo   ◌ Progressing   2/5    20       echo-v1   echo-v2   0s\n",
    );
    expect((await runCli(world, "get", "-A", "-o", "wide", "--no-headers")).out).toBe(
      "default   echo   ◌ Progressing   2/5   20   echo-v1   echo-v2   0s   19   6f9c2ab1   Watching echo-v2 at 20 % for 30s (step 2).\n",
    );
  });

  test.each([
    { format: "name", out: "canary.serin.dev/echo\n" },
    { format: "jsonpath={.status.phase}", out: "Progressing" },
    {
      format: "custom-columns=NAME:.metadata.name,STEPS:.spec.strategy.steps[*].setWeight",
      out: "NAME   STEPS\necho   20,50,100\n",
    },
  ])("-o $format", async ({ format, out }) => {
    await given({});
    expect(await runCli(world, "get", "canary/echo", "-o", format)).toEqual({ code: 0, out, err: "" });
  });

  test("JSON of one is the object, of all a List", async () => {
    await given({});
    expect(JSON.parse((await runCli(world, "get", "echo", "-o", "json")).out)).toMatchObject({ kind: "Canary" });
    expect(JSON.parse((await runCli(world, "get", "-o", "json")).out)).toMatchObject({
      kind: "List",
      apiVersion: "v1",
      items: [{ kind: "Canary" }],
    });
  });

  test("a wrong name gives 5 and the near one", async () => {
    await given({});
    const ran = await runCli(world, "get", "ecoh");
    expect(ran).toEqual({
      code: 5,
      out: "",
      err: 'error: canary "ecoh" not found in namespace "default"\n  Did you mean "echo"?\n',
    });
    expect((await runCli(world, "get", "echo", "-n", "kube-system")).err).toContain("add -n default");
  });
});

describe("status", () => {
  test.each([
    { phase: "Progressing", code: 0 },
    { phase: "Paused", code: 0 },
    { phase: "Completed", code: 0 },
    { phase: "Aborted", code: 1 },
    { phase: "Stalled", code: 1 },
    { phase: "Undone", code: 1 },
  ] as const)("$phase gives $code", async ({ phase, code }) => {
    await given({ phase, message: "Because." });
    const ran = await runCli(world, "status", "echo");
    expect(ran.code).toBe(code);
    expect(ran.out).toMatch(new RegExp(`^. ${phase} - Because[.]\n$`));
  });

  test.each([
    { end: { phase: "Completed", message: "All there." }, code: 0 },
    { end: { phase: "Aborted", message: "Taken back." }, code: 1 },
    { end: { rollout: { ...PROGRESSING.rollout!, id: "other" } }, code: 1 },
  ] as const)("--watch waits for the end: $code", async ({ end, code }) => {
    await given({});
    const waiting = start(world, "status", "echo", "--watch");
    await tick();
    const now = await cluster.get<Canary>(CANARIES, meta("echo"));
    await cluster.update<Canary>(CANARIES, { ...now, status: { ...now.status!, ...end } }, { subresource: "status" });
    expect((await runOn(waiting)).code).toBe(code);
  });

  test("--watch does not take the end of an older spec for its own", async () => {
    await given({ phase: "Completed", observedGeneration: 0 });
    const waiting = start(world, "status", "echo", "--watch", "--timeout", "5s");
    expect(await runOn(waiting)).toMatchObject({ code: 3, err: expect.stringContaining("timed out") as string });
  });
});

describe("acting", () => {
  test("an action is pinned to what was seen and carries who asks and why", async () => {
    await given({});
    const ran = await withController("Done", "Going on.", () =>
      runCli(world, "promote", "canary/echo", "--reason", "looks fine"),
    );
    expect(ran).toEqual({ code: 0, out: 'canary "echo": Going on.\n', err: "To take it back: serin abort echo\n" });
    expect((await actions()).map(({ spec }) => spec)).toEqual([
      { canaryRef: { name: "echo" }, verb: "promote", by: "jane", rollout: "6f9c2ab1", step: 1, reason: "looks fine" },
    ]);
  });

  test.each(["pause", "skip"])("%s is asked for as itself", async (verb) => {
    await given({});
    const ran = await withController("Done", "Done so.", () => runCli(world, verb, "echo"));
    expect(ran).toMatchObject({ code: 0, out: 'canary "echo": Done so.\n' });
    expect((await actions()).map(({ spec }) => spec.verb)).toEqual([verb]);
  });

  test("the command that takes it back leads to the same cluster, by the name it was called by", async () => {
    await given({});
    const flags = ["--context", "prod eu", "-n", "default"];
    const env = { SERIN_INVOKED_AS: "kubectl-serin" };
    const ran = await withController("Done", "Held.", () => runCli({ ...world, env }, "pause", "echo", ...flags));
    expect(ran.err).toBe("To take it back: kubectl serin resume echo --context 'prod eu' --namespace default\n");
  });

  test("-o json prints the action with the controller's answer", async () => {
    await given({});
    const ran = await withController("Done", "Held.", () => runCli(world, "pause", "echo", "-o", "json"));
    expect(JSON.parse(ran.out)).toMatchObject({ kind: "CanaryAction", status: { state: "Done", message: "Held." } });
  });

  test("what the controller refuses fails with its words", async () => {
    await given({});
    const ran = await withController("Refused", "means step 1, but it is at 2", () => runCli(world, "promote", "echo"));
    expect(ran).toMatchObject({
      code: 1,
      err: 'error: canary "echo": promote was refused: means step 1, but it is at 2\n',
    });
  });

  test("what cannot happen is refused without writing anything", async () => {
    await given({});
    const ran = await runCli(world, "undo", "echo");
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining("to go back use abort") as string });
    expect(await actions()).toEqual([]);
  });

  test("abort says after 2 s that nobody has taken it up, and that traffic has not moved", async () => {
    await given({});
    const began = clock.elapsedMs;
    const ran = await runOn(start(world, "abort", "echo"));
    expect(clock.elapsedMs - began).toBeGreaterThanOrEqual(2_000);
    expect(ran).toMatchObject({ code: 3, err: expect.stringContaining("serin abort echo --direct") as string });
    expect(ran.err).toContain("traffic has NOT moved yet");
  });

  test("abort --direct writes the route itself", async () => {
    await given({});
    expect((await runCli(world, "abort", "echo", "--direct")).code).toBe(0);
    const route = await cluster.get(VIRTUAL_SERVICES, meta("echo"));
    expect(route.spec).toMatchObject({ http: [{ route: [{ weight: 100 }, { weight: 0 }] }] });
  });

  test("promote --full asks on a terminal, and no means no", async () => {
    await given({});
    const ran = await runCli({ ...world, terminal: true, input: "n\n" }, "promote", "echo", "--full");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain('Give echo-v2 all traffic of canary "echo" at once, past the steps that are left? [y/N]');
    expect(await actions()).toEqual([]);
    const yes = () => runCli({ ...world, terminal: true, input: "y\n" }, "promote", "echo", "--full");
    expect((await withController("Done", "There.", yes)).code).toBe(0);
    const script = () => runCli(world, "promote", "echo", "--full");
    expect((await withController("Done", "There.", script)).err).not.toContain("[y/N]");
  });

  test("promote --step N does nothing at another step", async () => {
    await given({});
    expect(await runCli(world, "promote", "echo", "--step", "4")).toMatchObject({
      code: 1,
      err: expect.stringContaining("at step 2, not at step 4") as string,
    });
    expect(await actions()).toEqual([]);
  });

  test("a server dry run shows the route change and writes nothing", async () => {
    await given({});
    const ran = await runCli(world, "abort", "echo", "--dry-run=server");
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("abort would be asked for (server dry run)");
    expect(await actions()).toEqual([]);
  });
});

describe("looking back", () => {
  test("history tells rollouts and actions in order", async () => {
    await given({
      rollout: { ...PROGRESSING.rollout!, endedAt: timeAt(-5), endReason: "ErrorsWorse", endMessage: "Taken back." },
      phase: "Aborted",
    });
    await withController("Refused", "has ended", () => runCli(world, "abort", "echo"));
    const { out } = await runCli(world, "history", "echo", "-o", "json");
    const history = JSON.parse(out) as { items: { what: string; result: string }[] };
    expect(history).toMatchObject({ apiVersion: "cli.serin.dev/v1", kind: "History" });
    expect(history.items.map(({ what, result }) => `${what} ${result}`)).toEqual([
      "started ",
      "ended ErrorsWorse",
      "abort Refused",
    ]);
  });

  test("events of the Canary, the newest last", async () => {
    const event = (name: string, about: string, at: string) => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: meta(name),
      type: "Warning",
      reason: "ErrorsWorse",
      message: `${name}.`,
      involvedObject: { kind: "Canary", name: about, namespace: "default" },
      lastTimestamp: at,
    });
    await cluster.create(EVENTS, event("later", "echo", "2026-01-01T00:00:00Z"));
    await cluster.create(EVENTS, event("sooner", "echo", "2025-12-31T23:59:00Z"));
    await cluster.create(EVENTS, event("foreign", "other", "2025-12-31T23:59:00Z"));
    const { out } = await runCli(world, "events", "echo");
    expect(out).toMatch(/^LAST SEEN.*\n.*ErrorsWorse +canary\/echo +sooner[.]\n.*later[.]\n$/);
  });

  test("piped, watch prints a line per change until Ctrl-C", async () => {
    await given({});
    const watching = start(world, "watch", "echo");
    while (!watching.printed().includes("Progressing")) await tick();
    const now = await cluster.get<Canary>(CANARIES, meta("echo"));
    const status: CanaryStatus = { ...now.status!, phase: "Aborted", message: "Taken back." };
    await cluster.update<Canary>(CANARIES, { ...now, status }, { subresource: "status" });
    while (!watching.printed().includes("Aborted")) await tick();
    watching.interrupt();
    const { code, out } = await watching.done;
    expect(code).toBe(130);
    expect(out.split("\n").map((line) => line.slice(line.indexOf(" ") + 1).split(" | ")[0])).toEqual([
      "default/echo Progressing step 2/5 weight 20",
      "default/echo Aborted step 2/5 weight 20",
      "",
    ]);
  });

  test("on a low and narrow terminal, watch keeps the head in sight and each line on its row", async () => {
    const message = "A sentence that takes far more than the fifty columns which this terminal has for it.";
    await given({ message });
    let shown = "";
    const stdout = { isTTY: true, columns: 50, rows: 27, write: (text: string) => void (shown += text) };
    const watching = start({ ...world, overrides: { stdout } }, "watch", "echo");
    for (let i = 0; i < 100 && !shown.includes("more lines"); i++) {
      await tick();
      await clock.advance(100);
    }
    watching.interrupt();
    await watching.done;
    const picture = stripVTControlCharacters(shown.slice(0, shown.indexOf("higher") + "higher".length)).split("\n");
    expect(picture[0]).toBe("Name:            echo");
    expect(picture.length).toBeLessThan(stdout.rows);
    expect(picture.filter((line) => line.length > stdout.columns)).toEqual([]);
    expect(picture.find((line) => line.startsWith("NAME"))).toMatch(/^.{49}…$/);
    expect(picture.slice(3, 6)).toEqual([
      "Message:         A sentence that takes far more",
      "                 than the fifty columns which this",
      "                 terminal has for it.",
    ]);
  });

  test("version without a server still tells its own", async () => {
    const serverVersion = () => Promise.reject(new ClusterError("Unreachable", "nobody"));
    const away = { ...connectionTo(cluster), serverVersion };
    const ran = await runCli({ ...world, overrides: { connect: () => Promise.resolve(away) } }, "version");
    expect(ran).toMatchObject({
      code: 4,
      out: expect.stringMatching(/^Serin: +\d/) as string,
      err: "error: nobody\n",
    });
  });

  test("version where no cluster is configured is no error", async () => {
    const ran = await runCli(withError(new ClusterError("Unreachable", "no cluster is configured")), "version");
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/^Serin: +\d/) as string });
    expect(ran.err).toBe("no cluster configured (serin up starts a sandbox)\n");
  });

  test("version tells the server's", async () => {
    const there = await runCli(
      { ...world, overrides: { connect: () => Promise.resolve(connectionTo(cluster)) } },
      "version",
    );
    expect(there.out).toContain("Server: v1.34.4");
  });
});
