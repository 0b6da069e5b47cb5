// That nobody cheats: the right bytes came back, from both versions; the upstream saw every answered request; each is in the access
// log and in the proxy's own statistics.

import { existsSync, readFileSync, truncateSync } from "node:fs";
import { type Body, LARGE_BYTES, pathOf } from "./cells.ts";
import type { Contender } from "./contenders.ts";
import { smallBody, VERSIONS } from "./nginx.ts";

/** As many as make both versions answer with near certainty: 0.8 to the power of 60 is one in a million. */
const PROBES = 60;

/** Throws what is wrong. Returns the number of requests sent. */
export async function checkAnswers({ name, port, routes }: Contender, large: Buffer): Promise<number> {
  const seen = new Set<string>();
  const ask = async (n: number, body: Body): Promise<Buffer> => {
    const path = pathOf(n % routes, body);
    const sent = body === "upload" ? { method: "POST", body: Buffer.alloc(LARGE_BYTES, "b") } : {};
    const response = await fetch(`http://127.0.0.1:${port}${path}`, sent);
    if (response.status !== 200) throw new Error(`${name} answers ${response.status} to ${path}`);
    return Buffer.from(await response.arrayBuffer());
  };
  for (let n = 0; n < PROBES; n++) seen.add((await ask(n, n % 2 === 0 ? "small" : "upload")).toString());
  const expected = VERSIONS.map(smallBody);
  if (seen.size !== 2 || !expected.every((text) => seen.has(text)))
    throw new Error(`${name} answers ${JSON.stringify([...seen])} in place of ${JSON.stringify(expected)}`);
  if (!(await ask(0, "download")).equals(large)) throw new Error(`${name} changes the bytes of a download`);
  return PROBES + 1;
}

/** Of the file and of its predecessor, where the log was turned over. The next count begins at zero. */
export function takeLogLines(accessLog: string): number {
  return [`${accessLog}.1`, accessLog].reduce((lines, file) => lines + takeLines(file), 0);
}

function takeLines(file: string): number {
  if (!existsSync(file)) return 0;
  const bytes = readFileSync(file);
  truncateSync(file);
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
