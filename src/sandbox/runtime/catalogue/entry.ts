// The catalogue: which local program stands for an image. Nothing that a manifest names is executed; it may only choose
// an entry, pass arguments and set variables.

import { matchImage, parseImage } from "./image-name.ts";

export interface CatalogueEntry {
  /** `hashicorp/http-echo` (any tag, or those in `tags`) or with one tag: `shop:1.2`. */
  image: string;
  tags?: string[];
  /**
   * The program and its arguments. `$(POD_IP)`, `$(PORT)` (the first containerPort), `$(PORT_8081)` or `$(PORT_name)`,
   * `$(POD_NAME)` and `$(NAMESPACE)` are filled in; `$(ARGS)` as a word of its own stands for the manifest's args, which
   * otherwise come last.
   */
  command: string[];
  /** Variables that win over the manifest's: the way to tell address and port to a program that reads no arguments. */
  env?: Record<string, string>;
  /** The image's own variables, which the manifest may replace. */
  imageEnv?: Record<string, string>;
  /** Where the program starts; relative to the catalogue file. */
  workingDir?: string;
  /** What a manifest of this image may bring along: its own `command`, exec probes and exec hooks. */
  allow?: ("command" | "exec")[];
  /** Comes with Serin and is known to bind its pod's address only. */
  builtIn?: boolean;
}

/** The entry for an image: the first whose name and tag fit. */
export function findEntry(catalogue: CatalogueEntry[], image: string): CatalogueEntry | undefined {
  return catalogue.find((entry) => matchImage(entry, image));
}

/** Why an image has no program, with the exact lines that give it one. */
export function unknownImageMessage(catalogue: CatalogueEntry[], image: string, file: string): string {
  const { name } = parseImage(image);
  const sameName = catalogue.find((entry) => parseImage(entry.image).name === name);
  const known = sameName?.tags === undefined ? "" : ` (known tags of ${name}: ${sameName.tags.join(", ")})`;
  return [
    `no local program stands for image "${image}"${known}: the sandbox pulls no images, it maps them to programs of this machine.`,
    `Add to ${file}:`,
    "images:",
    `  - image: ${image}`,
    "    command: [node, server.js, --host, $(POD_IP), --port, $(PORT)]   # your program and how it learns its address",
  ].join("\n");
}
