// The files that -f names: a file, a directory, or "-" for standard input.

import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, relative, resolve } from "node:path";
import { EXIT } from "../exit-codes.ts";
import { Problem, usageProblem } from "../problems.ts";
import type { World } from "../world.ts";

export interface SourceFile {
  /** As the user would name it. */
  name: string;
  text: string;
}

const EXTENSIONS = [".yaml", ".yml", ".json"];

export async function readFiles(
  world: Pick<World, "cwd" | "stdin">,
  names: readonly string[],
  recursive: boolean,
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const name of names) {
    if (name === "-") files.push({ name: "<stdin>", text: await world.stdin.text() });
    else files.push(...(await readNamed(world.cwd, name, recursive)));
  }
  return files;
}

async function readNamed(cwd: string, name: string, recursive: boolean): Promise<SourceFile[]> {
  if (/^https?:\/\//.test(name))
    throw usageProblem(`${name} is a URL; Serin reads files`, `curl -fsSL ${name} | serin apply -f -`);
  const path = resolve(cwd, name);
  const info = await stat(path).catch((error: Error) => {
    throw unreadable(name, error);
  });
  if (!info.isDirectory()) return [await readOne(path, name)];
  const entries = await readdir(path, { withFileTypes: true, recursive });
  const found = entries
    .filter((entry) => entry.isFile() && EXTENSIONS.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (found.length === 0)
    throw new Problem(
      `${name} holds no ${EXTENSIONS.join(", ")} file`,
      EXIT.failed,
      ...(recursive ? [] : ["-R looks into folders below it."]),
    );
  return Promise.all(found.map((file) => readOne(file, join(name, relative(path, file)))));
}

async function readOne(path: string, name: string): Promise<SourceFile> {
  try {
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)) };
  } catch (error) {
    throw unreadable(name, error as Error);
  }
}

function unreadable(name: string, error: Error & { code?: string }): Problem {
  if (error.code === "ENOENT") return new Problem(`${name} does not exist`, EXIT.notFound);
  if (error instanceof TypeError) return new Problem(`${name} is not UTF-8 text: save it as UTF-8`, EXIT.failed);
  return new Problem(`${name} cannot be read: ${error.message}`, EXIT.failed);
}
