// helm installs, upgrades and removes a chart on the sandbox, and waits for its pods.

import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { helmPath } from "../../scripts/kubectl.ts";
import { kubectlOf, root, startSandboxApi } from "./sandbox-api.ts";

const run = promisify(execFile);

test("helm install, list, upgrade and uninstall", async () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-helm-"));
  const chart = join(folder, "chart");
  mkdirSync(join(chart, "templates"), { recursive: true });
  writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: demo\nversion: 0.1.0\n");
  copyFileSync(join(root, "examples", "echo", "echo-canary.yaml"), join(chart, "templates", "echo.yaml"));
  const api = await startSandboxApi({ runtime: true });
  const env = {
    ...process.env,
    KUBECONFIG: api.kubeconfig,
    HELM_CACHE_HOME: join(folder, "cache"),
    HELM_CONFIG_HOME: join(folder, "config"),
    HELM_DATA_HOME: join(folder, "data"),
  };
  const helm = async (...args: string[]) => (await run(helmPath(), args, { env })).stdout;
  try {
    expect(await helm("install", "demo", chart, "--wait", "--timeout", "60s")).toContain("STATUS: deployed");
    const kubectl = kubectlOf(api);
    expect(await kubectl("get", "deploy", "echo-v1", "-o", "jsonpath={.status.readyReplicas}")).toBe("2");
    expect(await helm("list", "--short")).toBe("demo\n");
    expect(await helm("upgrade", "demo", chart, "--wait", "--timeout", "60s")).toContain("REVISION: 2");
    expect(await helm("uninstall", "demo", "--wait", "--timeout", "60s")).toContain("uninstalled");
    expect((await kubectl.run(["get", "deploy,vs,secrets", "-o", "name"])).stdout).toBe("");
    expect(api.complaints).toEqual([]);
  } finally {
    await api.stop();
    rmSync(folder, { recursive: true });
  }
});
