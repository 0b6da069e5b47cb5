// `npm run check`: all that must hold beside the tests. Runs everything, then says what failed and how to see it alone.

import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";

const CHECKS: { name: string; command: string[]; cure: string }[] = [
  { name: "types (core, no platform)", command: ["tsc", "-b", "src/core"], cure: "npx tsc -b src/core" },
  { name: "types (all)", command: ["tsc", "-p", "tsconfig.json"], cure: "npx tsc -p tsconfig.json" },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"], cure: "npm run lint" },
  { name: "format", command: ["biome", "ci", "."], cure: "npm run format" },
  { name: "boundaries", command: [process.execPath, "scripts/boundaries.ts"], cure: "npm run boundaries" },
  { name: "dead code", command: ["knip"], cure: "npm run dead-code" },
  { name: "generated files", command: [process.execPath, "scripts/generate.ts", "--check"], cure: "npm run generate" },
];

const bin = join(import.meta.dirname, "..", "node_modules", ".bin");
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
const failed: string[] = [];
for (const { name, command, cure } of CHECKS) {
  const started = Date.now();
  const result = spawnSync(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"], env, encoding: "utf8" });
  const ok = result.status === 0;
  console.log(`${ok ? "ok  " : "FAIL"}  ${name}  ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (ok) continue;
  failed.push(`${name}: ${cure}`);
  console.log(`${result.stdout}${result.stderr}`.trimEnd().split("\n").slice(-60).join("\n"));
}
console.log(`checks: ${CHECKS.length - failed.length} passed, ${failed.length} failed`);
if (failed.length > 0) {
  console.log(`see one alone with\n  ${failed.join("\n  ")}`);
  process.exit(1);
}
