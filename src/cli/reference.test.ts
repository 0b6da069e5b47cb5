// docs/reference/cli.md below its mark is made of the help texts. To renew it: npx vitest run --project unit src/cli/reference -u

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./test-world.ts";

const FILE = join(import.meta.dirname, "../../docs/reference/cli.md");
const MARK = "<!-- From here on: made of the help texts (src/cli/reference.test.ts). -->";

test("the reference says what the help says", async () => {
  const written = readFileSync(FILE, "utf8");
  const head = written.slice(0, written.indexOf(MARK));
  expect(head).not.toBe("");
  const sections = [];
  for (const { name } of COMMANDS) sections.push(`### serin ${name}\n\n\`\`\`text\n${await helpOf(name)}\n\`\`\`\n`);
  await expect(`${head}${MARK}\n\n${sections.join("\n")}`).toMatchFileSnapshot(FILE);
});

/** Without what is the same everywhere: the shared flags and the exit codes stand in the head. */
async function helpOf(name: string): Promise<string> {
  const world = { cluster: {} as Cluster, clock: new VirtualClock() };
  const { out } = await runCli(world, name, "--help");
  const paragraphs = out.trimEnd().split("\n\n");
  return paragraphs.filter((each) => !/^(Connection|Printing|Exit codes):/.test(each)).join("\n\n");
}
