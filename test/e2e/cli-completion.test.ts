// Completion and the plugin as people meet them: a real bash, and a real kubectl that finds `kubectl-serin` on its PATH.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
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

/** A zsh that starts another one at a terminal of its own, types the keys there, and asks it for the line. */
const ZSH_AT_A_TERMINAL = `
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'PROMPT= ; stty columns 120; autoload -Uz compinit && compinit -u -D; source <(serin completion zsh); source <(serin completion zsh)'
zpty -w inner 'tell() { print -r -- "LINE<$BUFFER>"; exit }; zle -N tell; bindkey "^X" tell; print RE""ADY'
zpty -r -m inner seen '*READY*'
zpty -w -n inner "$1"$'\\x18'
zpty -r -m inner seen '*LINE<*>*'
print -r -- "$seen"
zpty -d inner
`;

/**
 * In a shell of this machine, if it has it. SERIN_SHELLS names those that it must have (.ci/run does): one that is missing then
 * fails, and is passed over with a word otherwise.
 */
function inShell(shell: "zsh" | "fish", name: string, act: () => Promise<void>): void {
  test(name, async (context) => {
    const found = (process.env.PATH ?? "").split(delimiter).some((dir) => existsSync(join(dir, shell)));
    const required = (process.env.SERIN_SHELLS ?? "").split(" ").includes(shell);
    if (!found && required) throw new Error(`SERIN_SHELLS names ${shell}, which is not installed`);
    if (!found) context.skip(`${shell} is not installed here, so completion was not tried in it`);
    await act();
  });
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

describe("fish", () => {
  /** What fish offers for this unfinished line, with descriptions. */
  async function offers(line: string): Promise<string[]> {
    const script = `serin completion fish | source; serin completion fish | source; complete --do-complete '${line}'`;
    const { out, err } = await run("fish", ["--no-config", "--command", script], [folder]);
    expect(err).toBe("");
    return out.split("\n").filter((each) => each !== "");
  }

  inShell("fish", "completes commands, names and values, and describes them", async () => {
    expect(await offers("serin stat")).toEqual([expect.stringMatching(/^status\t\S/)]);
    expect(await offers("serin status e")).toEqual(["echo", "edge"]);
    expect(await offers("serin get -o y")).toEqual(["yaml"]);
    expect(await offers("serin get --context=")).toEqual(["--context=serin-sandbox"]);
  });

  inShell("fish", "leaves file names to the shell", async () => {
    writeFileSync(join(folder, "manifest.yaml"), "");
    expect((await offers("serin apply -f mani")).map((each) => each.split("\t")[0])).toEqual(["manifest.yaml"]);
  });
});

describe("zsh", () => {
  /** The line that an interactive zsh shows after these keys, and all that it wrote meanwhile. */
  async function press(keys: string): Promise<{ line: string; screen: string }> {
    const { out, err } = await run("zsh", ["-f", "-s", keys], [folder], ZSH_AT_A_TERMINAL);
    expect(err).toBe("");
    const screen = stripVTControlCharacters(out);
    return { line: /LINE<(.*)>/.exec(screen)?.[1] ?? screen, screen };
  }

  inShell("zsh", "completes commands, names and values", async () => {
    expect((await press("serin stat\t")).line).toBe("serin status ");
    expect((await press("serin promote ed\t")).line).toBe("serin promote edge ");
    expect((await press("serin get -o y\t")).line).toBe("serin get -o yaml ");
    expect((await press("serin get --context=\t")).line).toBe("serin get --context=serin-sandbox ");
  });

  inShell("zsh", "lists what there is to choose from", async () => {
    const { line, screen } = await press("serin promote e\t");
    expect(line).toBe("serin promote e");
    // Side by side, without a mark where there is no description.
    expect(screen).toMatch(/\necho +edge\s*\n/);
  });

  inShell("zsh", "leaves file names to the shell", async () => {
    writeFileSync(join(folder, "manifest.yaml"), "");
    expect((await press("serin apply -f mani\t")).line).toBe("serin apply -f manifest.yaml ");
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
