import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoCanary, PROGRESSING } from "../../../testbed/rollout/echo-canary.ts";
import { VirtualClock } from "../../../testbed/sim/virtual-clock.ts";
import { CANARIES, NAMESPACES } from "../../core/kubernetes/resource.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { serinCrds } from "../../core/spec/crd.generated.ts";
import { openSandboxCluster, type SandboxCluster } from "../../sandbox/cluster/open.ts";
import { runCli, type TestWorldOptions } from "../test-world.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let sandbox: SandboxCluster;
let world: TestWorldOptions;

beforeAll(async () => {
  const clock = new VirtualClock();
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log: silent, crds: serinCrds() });
  const cluster = sandbox.as({ name: "jane", groups: ["system:masters"] });
  await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  const spec = echoCanary();
  const created = await cluster.create<Canary>(CANARIES, {
    ...spec,
    metadata: { name: "echo", namespace: "default" },
  });
  await cluster.update<Canary>(CANARIES, { ...created, status: PROGRESSING }, { subresource: "status" });
  await cluster.create<Canary>(CANARIES, { ...spec, metadata: { name: "cart", namespace: "shop" } });
  const names = { contexts: ["kind-dev", "prod"], clusters: ["one"], users: ["jane"] };
  world = { cluster, clock, overrides: { configuredNames: () => Promise.resolve(names) } };
});
afterAll(() => sandbox.close());

/** The values offered for the last word, and the directive. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, out, err } = await runCli(world, "complete", "--", ...words);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t", 1)[0]!);
}

describe("serin complete -- WORDS", () => {
  test.each([
    { what: "a command", words: ["st"], values: ["status", ":4"] },
    { what: "a command after shared flags", words: ["-n", "shop", "sk"], values: ["skip", ":4"] },
    { what: "the names of Canaries", words: ["status", ""], values: ["echo", ":4"] },
    { what: "with their kind", words: ["promote", "canary/"], values: ["canary/echo", ":4"] },
    { what: "of the namespace that -n names", words: ["status", "-n", "shop", ""], values: ["cart", ":4"] },
    { what: "of the one named before the command", words: ["-n", "shop", "abort", "c"], values: ["cart", ":4"] },
    { what: "of all with -A", words: ["get", "-A", ""], values: ["echo", "cart", "canaries", "actions", ":4"] },
    { what: "by the alias too", words: ["list", "e"], values: ["echo", ":4"] },
    { what: "no second name where one is taken", words: ["status", "echo", ""], values: [":4"] },
    { what: "namespaces", words: ["get", "-n", "s"], values: ["shop", ":4"] },
    { what: "contexts", words: ["get", "--context", ""], values: ["kind-dev", "prod", ":4"] },
    { what: "contexts after =", words: ["get", "--context=p"], values: ["prod", ":4"] },
    { what: "users", words: ["get", "--user", ""], values: ["jane", ":4"] },
    { what: "formats of this command", words: ["history", "echo", "-o", ""], values: ["json", "yaml", ":4"] },
    { what: "a template's beginning", words: ["status", "-o", "jso"], values: ["json", "jsonpath=", ":4"] },
    { what: "versions", words: ["logs", "echo", "--version", ""], values: ["stable", "canary", ":4"] },
    { what: "rollouts", words: ["status", "echo", "--rollout", ""], values: ["6f9c2ab1", ":4"] },
    { what: "choices", words: ["get", "--color", "a"], values: ["auto", "always", ":4"] },
    { what: "flags of this command", words: ["status", "--ti"], values: ["--timeout", ":4"] },
    { what: "a name after a flag that may stand alone", words: ["get", "-v", "e"], values: ["echo", ":4"] },
    { what: "files: the shell's own", words: ["apply", "-f", ""], values: [":0"] },
    { what: "shells", words: ["completion", "b"], values: ["bash", ":4"] },
    { what: "nothing for what it does not know", words: ["gte", "e"], values: [":4"] },
  ])("$what: $words", async ({ words, values }) => {
    expect(await offered(...words)).toEqual(values);
  });

  test("a name says how its rollout stands, a version which Deployment it is", async () => {
    const { out } = await runCli(world, "complete", "--", "status", "e");
    expect(out).toBe("echo\tProgressing, weight 20\n:4\n");
    const versions = await runCli(world, "complete", "--", "logs", "echo", "--version", "");
    expect(versions.out).toBe("stable\techo-v1\ncanary\techo-v2\n:4\n");
  });

  test("a cluster that cannot be reached offers nothing and complains of nothing", async () => {
    const overrides = { connect: () => Promise.reject(new Error("no cluster")) };
    const ran = await runCli({ ...world, overrides }, "complete", "--", "status", "");
    expect(ran).toEqual({ code: 0, out: ":4\n", err: "" });
  });

  test("one that does not answer is not waited for", async () => {
    const clock = new VirtualClock();
    const overrides = { connect: () => new Promise<never>(() => undefined) };
    const ran = runCli({ ...world, clock, overrides }, "complete", "--", "status", "");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await clock.advance(2_000);
    expect(await ran).toEqual({ code: 0, out: ":4\n", err: "" });
  });
});

describe("serin completion SHELL", () => {
  test.each([
    { shell: "bash", registers: "complete -o default -F __serin_complete serin" },
    { shell: "zsh", registers: "compdef _serin serin" },
    { shell: "fish", registers: "complete -c serin" },
    { shell: "powershell", registers: "Register-ArgumentCompleter -CommandName 'serin'" },
  ])("$shell: registers itself and asks this program", async ({ shell, registers }) => {
    const { code, out, err } = await runCli(world, "completion", shell);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(registers);
    expect(out).toMatch(/serin complete .?--/);
  });

  test("another shell is refused with those that there are", async () => {
    const ran = await runCli(world, "completion", "tcsh");
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain("bash, zsh, fish, powershell");
  });
});
