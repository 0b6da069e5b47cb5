import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lines } from "./watch-stream.ts";

async function* chunksOf(bytes: Buffer, cuts: number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.min(bytes.length, start + cut);
    if (end > start) yield bytes.subarray(start, end);
    start = end;
  }
}

test("lines come out whole wherever the chunks are cut, even inside a character", async () => {
  const texts = fc.array(fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n") && text.trim() !== ""));
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }));
  await fc.assert(
    fc.asyncProperty(texts, cuts, fc.boolean(), async (wanted, sizes, ended) => {
      const bytes = Buffer.from(wanted.join("\n") + (ended ? "\n" : ""), "utf8");
      const found: string[] = [];
      for await (const line of lines(chunksOf(bytes, sizes))) found.push(line);
      expect(found).toEqual(wanted);
    }),
    { seed: 7 },
  );
});
