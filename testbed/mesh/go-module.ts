// Published files come from Go modules: the module proxy serves them where GitHub cannot be reached, and what was fetched once stays
// in the module cache. As a script it fetches what the cluster tests need:  node testbed/mesh/go-module.ts

import { execFileSync } from "node:child_process";

/** Definitions of others, and samples that their authors hold valid or invalid. */
export const PUBLISHED = {
  gatewayApi: "sigs.k8s.io/gateway-api@v1.6.0",
  prometheusOperator: "github.com/prometheus-operator/prometheus-operator@v0.85.0",
} as const;

/** The folder of a module's files. Throws what to do when it cannot be had. */
export function moduleFolder(module: string): string {
  try {
    const text = execFileSync("go", ["mod", "download", "-json", module], { encoding: "utf8", stdio: "pipe" });
    return (JSON.parse(text) as { Dir: string }).Dir;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${module} cannot be had: install Go and run \`node testbed/mesh/go-module.ts\` where its proxy is in reach: ${why}`,
      { cause: error },
    );
  }
}

if (import.meta.main) for (const module of Object.values(PUBLISHED)) console.log(moduleFolder(module));
