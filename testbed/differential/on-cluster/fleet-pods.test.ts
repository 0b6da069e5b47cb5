import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { programFiles } from "./fleet-pods.ts";

test.each(["fleet-in-pod.ts", "fleet-relay.ts"])("%s finds in its folder all that it needs", (program) => {
  const folder = mkdtempSync(join(tmpdir(), "fleet-"));
  try {
    const files = programFiles(program);
    expect(Object.keys(files)).toContain(program);
    for (const [name, text] of Object.entries({ ...files, "package.json": '{"type":"module"}' }))
      writeFileSync(join(folder, name), text);
    for (const name of Object.keys(files).filter((each) => each !== program)) {
      const { status, stderr } = spawnSync(process.execPath, [join(folder, name)], { encoding: "utf8" });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: "" });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a program that needs more than the suite's folder is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "fleet-"));
  try {
    writeFileSync(join(folder, "a.ts"), 'import type { T } from "../types.ts";\nimport { b } from "../b.ts";\n');
    expect(() => programFiles("a.ts", folder)).toThrow("a.ts runs in a pod, where ../b.ts is not");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
