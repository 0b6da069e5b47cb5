// `npm run boundaries`: checks the dependency rules, then plants one violation per rule and fails when a rule stays silent.
// A cruise that sees no modules is a failure too: that is how a broken parser looks.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";

interface Rules {
  forbidden: (IForbiddenRuleType & { name: string })[];
  options: Record<string, unknown>;
}

// Plain JavaScript, so that dependency-cruiser's own command reads it too: its shape is stated here.
const configFile = new URL("../.dependency-cruiser.mjs", import.meta.url).href;
const { default: config } = (await import(configFile)) as { default: Rules };

const ROOTS = ["src", "testbed", "test", "scripts", "bench"].filter((folder) => existsSync(folder));

/** Rule name → a file that breaks it: path and the import it writes. */
const PLANTS: Record<string, { file: string; imports: string }> = {
  "no-circular": { file: "src/core/traffic/planted.ts", imports: "./planted-twin.ts" },
  "core-is-closed": { file: "src/core/rollout/planted.ts", imports: "../../ports/clock.ts" },
  "core-imports-no-package": { file: "src/core/rollout/planted.ts", imports: "node:fs" },
  "spec-imports-only-zod": { file: "src/core/spec/planted.ts", imports: "yaml" },
  "ports-know-core": { file: "src/ports/planted.ts", imports: "../informer/informer.ts" },
  "informer-knows-ports": { file: "src/informer/planted.ts", imports: "../controller/start.ts" },
  "controller-knows-ports": { file: "src/controller/planted.ts", imports: "../adapters/istio/router.ts" },
  "adapters-know-ports": { file: "src/adapters/istio/planted.ts", imports: "../../controller/start.ts" },
  "adapters-are-strangers": { file: "src/adapters/istio/planted.ts", imports: "../kubernetes/connect.ts" },
  "render-is-pure": { file: "src/adapters/istio/render-planted.ts", imports: "node:http" },
  "no-client-node-at-run-time": { file: "src/adapters/kubernetes/planted.ts", imports: "@kubernetes/client-node" },
  "sandbox-knows-ports": { file: "src/sandbox/cluster/planted.ts", imports: "../../controller/start.ts" },
  "sandbox-rooms-meet-at-the-port": { file: "src/sandbox/cluster/planted.ts", imports: "../runtime/start.ts" },
  "gateway-knows-routes": { file: "src/gateway/planted.ts", imports: "../core/rollout/status.ts" },
  "gateway-decides-without-sockets": { file: "src/gateway/compile/planted.ts", imports: "node:net" },
  "gateway-wire-is-lowest": { file: "src/gateway/wire/planted.ts", imports: "../exchange/exchange.ts" },
  "gateway-upstreams-know-no-exchange": {
    file: "src/gateway/upstreams/planted.ts",
    imports: "../exchange/exchange.ts",
  },
  "gateway-exchange-knows-no-protocol": { file: "src/gateway/exchange/planted.ts", imports: "../clients/preface.ts" },
  "load-knows-nothing": { file: "src/load/planted.ts", imports: "../gateway/start.ts" },
  "story-plays-through-ports": { file: "src/story/planted.ts", imports: "../gateway/start.ts" },
  "cli-knows-ports": { file: "src/cli/planted.ts", imports: "../adapters/istio/router.ts" },
  "testbed-implements-ports": { file: "testbed/sim/planted.ts", imports: "../../src/cli/program.ts" },
  "no-one-knows-testbed": { file: "src/controller/planted.ts", imports: "../../testbed/sim/planted-twin.ts" },
  "no-dev-dependency-in-runtime": { file: "src/cli/planted.ts", imports: "fast-check" },
  "product-knows-no-script": { file: "src/cli/planted.ts", imports: "../../scripts/boundaries.ts" },
};

const real = await look(ROOTS);
for (const { rule, from, to } of real.summary.violations) {
  console.error(`${rule.name}: ${from} -> ${to}\n    ${commentOf(rule.name)}`);
}
if (real.summary.totalCruised === 0)
  fail("dependency-cruiser saw 0 modules; it understands TypeScript 6 only, is that installed?");
if (real.summary.violations.length > 0) fail(`${real.summary.violations.length} forbidden imports`);

const silent: string[] = [];
for (const { name } of config.forbidden) if (!(await fires(name))) silent.push(name);
if (silent.length > 0) fail(`planted violations that no rule caught: ${silent.join(", ")}`);
console.log(
  `boundaries hold: ${real.summary.totalCruised} modules, ${config.forbidden.length} rules, each fired on its planted violation`,
);

async function look(paths: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(paths, {
    ...config.options,
    ruleSet: { forbidden: config.forbidden },
    validate: true,
  });
  return output as ICruiseResult;
}

async function fires(rule: string): Promise<boolean> {
  const plant = PLANTS[rule];
  if (plant === undefined) fail(`rule ${rule} has no planted violation in scripts/boundaries.ts`);
  const twin = plant.imports.includes("planted-twin");
  const files = [plant.file, ...(twin ? [resolveTwin(plant)] : [])];
  try {
    mkdirSync(dirname(plant.file), { recursive: true });
    writeFileSync(plant.file, `import * as planted from "${plant.imports}";\nexport const used = planted;\n`);
    if (twin)
      writeFileSync(resolveTwin(plant), `import * as planted from "./planted.ts";\nexport const used = planted;\n`);
    const result = await look(files);
    return result.summary.violations.some((violation) => violation.rule.name === rule);
  } finally {
    for (const file of files) rmSync(file, { force: true });
  }
}

function resolveTwin(plant: { file: string; imports: string }): string {
  return plant.imports.startsWith("./")
    ? plant.file.replace("planted.ts", "planted-twin.ts")
    : "testbed/sim/planted-twin.ts";
}

function commentOf(name: string): string {
  return config.forbidden.find((rule) => rule.name === name)?.comment ?? "";
}

function fail(message: string): never {
  console.error(`boundaries: ${message}`);
  process.exit(1);
}
