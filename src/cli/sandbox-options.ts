// The flags of the commands that start a sandbox.

import { resolve } from "node:path";
import type { Command } from "commander";
import { homeOption, portNumber } from "./options.ts";
import type { Session } from "./session.ts";
import type { SandboxAddresses, SandboxOptions } from "./world.ts";

export interface SandboxFlags {
  port?: number;
  tlsPort?: number;
  apiPort?: number;
  statsPort?: number;
  catalogue?: string;
}

export function addSandboxOptions(command: Command): void {
  command
    .addOption(homeOption())
    .option("--port <number>", "local port of the gateway (default: 8080)", portNumber)
    .option(
      "--tls-port <number>",
      "local port of the gateway's port 443 (default: 8443, left out when it is taken)",
      portNumber,
    )
    .option("--api-port <number>", "local port of the API server (default: a free one that is kept)", portNumber)
    .option(
      "--stats-port <number>",
      "local port of the gateway's metrics (default: a free one that is kept)",
      portNumber,
    )
    .option("--catalogue <file>", "maps more images to local commands");
}

export function sandboxOptions(
  { homeDir, world }: Session,
  { port, tlsPort, apiPort, statsPort, catalogue }: SandboxFlags,
): SandboxOptions {
  const catalogueFile = catalogue === undefined ? undefined : resolve(world.cwd, catalogue);
  return { homeDir, port, tlsPort, apiPort, statsPort, catalogueFile };
}

/** Where everything is, and what to do with it. */
export function sayAddresses(
  session: Session,
  { gatewayUrl, gatewayTlsUrl, apiUrl, statsUrl, kubeconfigFile }: SandboxAddresses,
): void {
  session.print(`Gateway:    ${gatewayUrl}`);
  session.print(
    `  port 443: ${gatewayTlsUrl ?? "not open, another program has port 8443; choose one with --tls-port"}`,
  );
  session.print(`API server: ${apiUrl}`);
  if (statsUrl !== undefined) session.print(`Metrics:    ${statsUrl}`);
  session.print(`Kubeconfig: ${kubeconfigFile}`);
}
