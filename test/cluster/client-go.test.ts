// client-go's informer, typed client and leader election on the sandbox API: SERIN_INFORMER_GO names the program built from
// testbed/clients/informer-go. It is here and not in `npm test` because it needs Go to build.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

let api: SandboxApi;

beforeAll(async () => {
  api = await startSandboxApi();
});
afterAll(() => api.stop());

test("a client-go informer is told of every change, and stale writes are refused", async () => {
  const program = process.env["SERIN_INFORMER_GO"];
  if (program === undefined)
    throw new Error("SERIN_INFORMER_GO must name the built testbed/clients/informer-go (see its README.md)");
  const { stdout } = await promisify(execFile)(program, ["-kubeconfig", api.kubeconfig, "-self-test"], {
    timeout: 60_000,
  });
  expect(stdout).not.toBe("");
});
