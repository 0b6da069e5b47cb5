// A bug planted in a copy of the gateway: one line of it is another.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { startGateway } from "../../src/gateway/start.ts";

export interface PlantedBug {
  name: string;
  file: string;
  /** Must occur exactly once in the file. */
  line: string;
  instead: string;
  /** The feature whose cases are asked first. */
  shownBy: string;
}

export const bug = (name: string, file: string, line: string, instead: string, shownBy: string): PlantedBug => ({
  name,
  file,
  line,
  instead,
  shownBy,
});

const source = join(import.meta.dirname, "..", "..", "src");
/** Read once: all copies are of the gateway that was compared. */
const gateway = new Map(
  readdirSync(join(source, "gateway"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => [file, readFileSync(join(source, "gateway", file), "utf8")]),
);
const home = join(import.meta.dirname, "..", "..", ".cache", "planted");
let copies = 0;

/** The start function of a copy of the gateway with the bug in it. */
export async function plant({ name, file, line, instead }: PlantedBug): Promise<typeof startGateway> {
  const parts = (gateway.get(file) ?? "").split(line);
  if (parts.length !== 2)
    throw new Error(`the bug "${name}" cannot be planted: ${file} holds its line ${parts.length - 1} times: ${line}`);
  const copy = join(home, `${process.pid}-${++copies}`, "src");
  mkdirSync(join(copy, "gateway"), { recursive: true });
  for (const room of readdirSync(source)) if (room !== "gateway") symlinkSync(join(source, room), join(copy, room));
  for (const [each, text] of gateway) {
    mkdirSync(dirname(join(copy, "gateway", each)), { recursive: true });
    writeFileSync(join(copy, "gateway", each), text);
  }
  writeFileSync(join(copy, "gateway", file), parts.join(instead));
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(copy, "gateway", "start.ts")).href)) as {
    startGateway: typeof startGateway;
  };
  return module.startGateway;
}

export function plantedHome(): string {
  return home;
}
