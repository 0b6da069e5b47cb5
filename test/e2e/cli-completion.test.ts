// Completion and the plugin as people meet them: a real bash, and a real kubectl that finds `kubectl-serin` on its PATH.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectlPath } from "../../scripts/kubectl.ts";
import { CANARIES } from "../../src/core/kubernetes/resource.ts";
import { root, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let folder: string;

beforeAll(async () => {
  api = await startSandboxApi();
  folder = mkdtempSync(join(tmpdir(), "serin-completion-"));
  // As npm links it.
  symlinkSync(join(root, "bin", "serin.mjs"), join(folder, "serin"));
  for (const name of ["echo", "edge", "cart"])
    await api.cluster.create(CANARIES, {
      apiVersion: "serin.dev/v1alpha1",
      kind: "Canary",
      metadata: { name, namespace: "default" },
      spec: { versions: { stable: `${name}-v1`, canary: `${name}-v2` }, strategy: { steps: [{ setWeight: 20 }] } },
    });
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

function run(command: string, args: string[], path: string[], input = ""): Promise<Ran> {
  const env = {
    PATH: [...path, dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: folder,
    KUBECONFIG: api.kubeconfig,
    KUBECACHEDIR: join(folder, "cache"),
  };
  const child = spawn(command, args, { cwd: folder, env, stdio: "pipe" });
  const ran: Ran = { code: null, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.err += text));
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ ...ran, code })));
}

describe("bash", () => {
  /** What the function that is registered for `serin` replies to this line. */
  async function replies(...words: string[]): Promise<string[]> {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const { out } = await run(
      "bash",
      ["--noprofile", "--norc"],
      [folder],
      `source <(serin completion bash) && source <(serin completion bash) || exit 1
       COMP_WORDS=(serin ${quoted}) COMP_CWORD=${words.length}
       registered=$(complete -p serin) && registered=\${registered#*-F }
       \${registered%% *} serin
       printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
    return out.split("\n").filter((line) => line !== "");
  }

  test("completes commands, names and values", async () => {
    expect(await replies("st")).toEqual(["status"]);
    expect(await replies("status", "e")).toEqual(["echo", "edge"]);
    expect(await replies("get", "-o", "y")).toEqual(["yaml"]);
    expect(await replies("get", "--context", "")).toEqual(["serin-sandbox"]);
  });

  test("leaves file names to the shell", async () => {
    expect(await replies("apply", "-f", "")).toEqual([]);
  });
});

describe("kubectl", () => {
  const kubectl = (...args: string[]) => run(kubectlPath(), args, [join(root, "bin")]);

  test("kubectl serin runs the plugin, and help says so", async () => {
    const ran = await kubectl("serin", "version");
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^Serin: .*\nServer: v1\./);
    expect((await kubectl("serin", "status", "--help")).out).toMatch(/^Usage: kubectl serin status/);
    expect((await kubectl("serin", "status", "nobody")).code).toBe(5);
  });

  test("kubectl's own completion completes the plugin", async () => {
    expect((await kubectl("__complete", "serin", "promote", "e")).out).toBe("echo\nedge\n:4\n");
  });

  test("it works from the link that npm makes", async () => {
    const links = mkdtempSync(join(folder, "links-"));
    symlinkSync(join(root, "bin", "kubectl-serin"), join(links, "kubectl-serin"));
    const ran = await run(kubectlPath(), ["serin", "--version"], [links]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^Serin:/);
  });
});
