// Where the real programs are: the machine's owner names them, nothing is guessed beyond the folder.

import { existsSync } from "node:fs";
import { join } from "node:path";

export interface MeshPrograms {
  /** pilot-discovery. */
  istiod: string;
  envoy: string;
}

/** SERIN_MESH_BIN names a folder with pilot-discovery, SERIN_ENVOY_BIN the program envoy (when it is not in that folder). Throws what is missing. */
export function meshPrograms(env: NodeJS.ProcessEnv = process.env): MeshPrograms {
  const folder = env["SERIN_MESH_BIN"];
  if (!folder)
    throw new Error(
      "SERIN_MESH_BIN is not set: name a folder with pilot-discovery (Istio 1.31, Linux), and with SERIN_ENVOY_BIN the program envoy (1.40)",
    );
  const istiod = join(folder, "pilot-discovery");
  if (!existsSync(istiod)) throw new Error(`SERIN_MESH_BIN is ${folder}, but there is no pilot-discovery in it`);
  return { istiod, envoy: envoyProgram(env) };
}

/** The program that SERIN_ENVOY_BIN names, or the one in the folder of SERIN_MESH_BIN. Throws when it is missing. */
export function envoyProgram(env: NodeJS.ProcessEnv = process.env): string {
  const envoy = env["SERIN_ENVOY_BIN"] || join(env["SERIN_MESH_BIN"] ?? "", "envoy");
  if (!existsSync(envoy)) throw new Error(`there is no ${envoy}: set SERIN_ENVOY_BIN to the program envoy (1.40)`);
  return envoy;
}
