// Commands that take files: lint, apply, diff.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import { istioRouter } from "../adapters/istio/router.ts";
import { CANARIES, CONFIG_MAPS, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import { serinCrds } from "../core/spec/crd.generated.ts";
import type { Cluster } from "../ports/cluster.ts";
import { openSandboxCluster, type SandboxCluster } from "../sandbox/cluster/open.ts";
import { istioDefinitions } from "../sandbox/cluster/schema/builtin.ts";
import { runCli, type TestWorldOptions } from "./test-world.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ECHO = join(import.meta.dirname, "../../examples/echo");

let folder: string;
let sandbox: SandboxCluster;
let cluster: Cluster;
let world: TestWorldOptions;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "serin-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  const clock = new VirtualClock();
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log: silent, crds: serinCrds() });
  cluster = sandbox.as({ name: "jane", groups: ["system:masters"] });
  const overrides: TestWorldOptions["overrides"] = {
    router: (asked) => Promise.resolve(istioRouter({ cluster: asked })),
    istioDefinitions: () => Promise.resolve(istioDefinitions()),
  };
  world = { cluster, clock, cwd: folder, overrides };
  return () => sandbox.close();
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const config = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {key: "${value}"}\n`;

describe("lint", () => {
  const BAD = `apiVersion: serin.dev/v1alpha1
kind: Canary
metadata: {name: echo}
spec:
  versions: {stable: echo-v1, canary: echo-v2}
  strategy:
    steps:
      - setWeigth: 20
      - pause: {duration: 5x}
`;

  test("a finding has file, line, column, code, subject, field, cure, and the line with a caret", async () => {
    const { code, out, err } = await runCli(world, "lint", file("bad.yaml", BAD));
    expect(code).toBe(1);
    expect(out).toContain(
      'bad.yaml:9:27: error [SRN0101] (Canary echo.default) spec.strategy.steps[1].pause.duration: "5x" is not a duration from 0s to 8760h;',
    );
    expect(out).toContain("  9 |       - pause: {duration: 5x}\n    |                           ^^\n");
    expect(out).toContain("bad.yaml:8:9: error [SRN0101] (Canary echo.default) spec.strategy.steps[0]");
    expect(err).toMatch(/^\d errors?, \d warnings? in 1 file\.\n$/);
  });

  test("the story's own files are good, and warnings alone do no harm unless --strict", async () => {
    expect(await runCli(world, "lint", "-R", ECHO)).toMatchObject({ code: 0, err: "No problems in 7 files.\n" });
    const warned = file("warned.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {country: NO}\n");
    expect((await runCli(world, "lint", warned)).code).toBe(0);
    expect((await runCli(world, "lint", warned, "--strict")).code).toBe(1);
  });

  test("JSON and SARIF hold the same findings, and nothing else on stdout", async () => {
    file("bad.yaml", BAD);
    const json = JSON.parse((await runCli(world, "lint", "bad.yaml", "-o", "json")).out) as {
      items: { code: string; place: { line: number } }[];
    };
    const sarif = JSON.parse((await runCli(world, "lint", "bad.yaml", "-o", "sarif")).out) as {
      version: string;
      runs: { results: { ruleId: string; locations: { physicalLocation: { region: { startLine: number } } }[] }[] }[];
    };
    expect(sarif.version).toBe("2.1.0");
    expect(json.items.length).toBeGreaterThan(0);
    expect(
      sarif.runs[0]!.results.map(({ ruleId, locations }) => [ruleId, locations[0]!.physicalLocation.region.startLine]),
    ).toEqual(json.items.map(({ code, place }) => [code, place.line]));
  });

  test("standard input is a file too; what cannot be read says why", async () => {
    expect((await runCli({ ...world, input: "a: [" }, "lint", "-")).out).toContain("<stdin>:");
    expect(await runCli(world, "lint", "nowhere.yaml")).toMatchObject({
      code: 5,
      err: "error: nowhere.yaml does not exist\n",
    });
    writeFileSync(join(folder, "latin1.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    expect((await runCli(world, "lint", "latin1.yaml")).err).toContain("is not UTF-8 text: save it as UTF-8");
  });
});

describe("apply", () => {
  test("says of each object whether it is new, changed or as it was", async () => {
    file("a.yaml", `${config("one", "1")}---\n${config("two", "2")}`);
    expect((await runCli(world, "apply", "-f", "a.yaml")).out).toBe("configmap/one created\nconfigmap/two created\n");
    file("a.yaml", `${config("one", "1")}---\n${config("two", "changed")}`);
    expect(await runCli(world, "apply", "-f", "a.yaml")).toEqual({
      code: 0,
      out: "configmap/one unchanged\nconfigmap/two configured\n",
      err: "",
    });
  });

  test("a server dry run stores nothing", async () => {
    file("a.yaml", config("one", "1"));
    expect((await runCli(world, "apply", "-f", "a.yaml", "--dry-run=server")).out).toBe(
      "configmap/one created (server dry run)\n",
    );
    expect((await cluster.list(CONFIG_MAPS, { fieldSelector: "metadata.name=one" })).items).toEqual([]);
  });

  test("a file that cannot be read changes nothing, not even by its other documents", async () => {
    file("a.yaml", `${config("one", "1")}---\nbroken: [\n`);
    const ran = await runCli(world, "apply", "-f", "a.yaml");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain("a.yaml:7:1: error [SRN0001]");
    expect((await cluster.list(CONFIG_MAPS, { fieldSelector: "metadata.name=one" })).items).toEqual([]);
  });

  test("a refused object is told with its file and line, the others are applied", async () => {
    file("a.yaml", `${config("one", "1")}---\n${config("two", "2")}nonsense: true\n`);
    const ran = await runCli(world, "apply", "-f", "a.yaml");
    expect(ran).toMatchObject({ code: 1, out: "configmap/one created\n" });
    expect(ran.err).toContain("a.yaml:6: configmap/two\nerror: ");
    expect(ran.err).toContain("nonsense");
  });

  test("fields of another owner are a conflict with its name and the way out", async () => {
    file("a.yaml", config("one", "1"));
    await runCli(world, "apply", "-f", "a.yaml", "--field-manager", "somebody");
    file("a.yaml", config("one", "2"));
    const ran = await runCli(world, "apply", "-f", "a.yaml");
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/conflict with "somebody"[\s\S]*--force-conflicts/);
    expect((await runCli(world, "apply", "-f", "a.yaml", "--force-conflicts")).out).toBe("configmap/one configured\n");
  });

  test.each(["kubectl-client-side-apply", "serin"])(
    "fields that %s wrote are taken over, and said so",
    async (owner) => {
      const object = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "one", namespace: "default" },
        data: { key: "1" },
      };
      await cluster.create(CONFIG_MAPS, object, { fieldManager: owner });
      file("a.yaml", config("one", "2"));
      expect(await runCli(world, "apply", "-f", "a.yaml")).toEqual({
        code: 0,
        out: "configmap/one configured\n",
        err: `configmap/one: took over fields that ${owner} had written\n`,
      });
    },
  );

  test("-n and the file's namespace may not contradict each other", async () => {
    file("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: default}\n");
    expect((await runCli(world, "apply", "-f", "a.yaml", "-n", "default")).code).toBe(0);
    const ran = await runCli(world, "apply", "-f", "a.yaml", "-n", "team");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain('the file says namespace "default", but -n says "team"');
  });

  test("a kind that the server does not know, a name in Unicode", async () => {
    file("a.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n");
    expect((await runCli(world, "apply", "-f", "a.yaml")).err).toContain(
      "does not know the kind Thing of example.com/v1",
    );
    file("a.yaml", config("größe", "1"));
    const ran = await runCli(world, "apply", "-f", "a.yaml");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("größe");
  });
});

describe("diff", () => {
  beforeEach(async () => {
    for (const name of ["echo-canary.yaml", "vs-rollback-v1.yaml"])
      await runCli(world, "apply", "-f", join(ECHO, name));
  });

  test("the route change of each step, before anything moves", async () => {
    const { code, out } = await runCli(world, "diff", "-f", join(ECHO, "serin/canary.yaml"));
    expect(code).toBe(1);
    const plan = out.slice(out.indexOf("# canary/echo"));
    expect(plan.split("\n").filter((line) => /^#|^[-+] .*weight/.test(line))).toEqual([
      "# canary/echo step 1/5: setWeight 20",
      "-          weight: 100",
      "+          weight: 80",
      "-          weight: 0",
      "+          weight: 20",
      "# canary/echo step 2/5: pause 30s: no route changes",
      "# canary/echo step 3/5: setWeight 50",
      "-          weight: 80",
      "+          weight: 50",
      "-          weight: 20",
      "+          weight: 50",
      "# canary/echo step 4/5: pause 30s: no route changes",
      "# canary/echo step 5/5: setWeight 100",
      "-          weight: 50",
      "+          weight: 0",
      "-          weight: 50",
      "+          weight: 100",
    ]);
    expect((await cluster.list(CANARIES)).items).toEqual([]);
  });

  test("files: 0 when they are there already, 1 when not, 2 and more for errors", async () => {
    const same = join(ECHO, "vs-rollback-v1.yaml");
    expect(await runCli(world, "diff", "-f", same)).toMatchObject({ code: 0, out: "" });
    const other = await runCli(world, "diff", "-f", join(ECHO, "vs-50-50.yaml"));
    expect(other.code).toBe(1);
    expect(other.out).toContain("--- live/virtualservice/default/echo\n+++ next/virtualservice/default/echo\n@@ ");
    expect((await runCli(world, "diff", "-f", file("broken.yaml", "a: ["))).code).toBe(2);
    expect((await runCli(world, "diff", "nobody")).code).toBe(5);
  });

  test("a Canary whose routes cannot be found is told so", async () => {
    await cluster.delete(VIRTUAL_SERVICES, { namespace: "default", name: "echo" });
    const ran = await runCli(world, "diff", "-f", join(ECHO, "serin/canary.yaml"));
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('canary "echo": VirtualService echo is not');
  });
});
