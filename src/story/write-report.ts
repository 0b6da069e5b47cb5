// Leaves the report in `.serin/report/`: report.json for programs, report.md for people.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Story } from "./play.ts";
import { makeReport, type ReportSources } from "./report.ts";
import { renderMarkdown } from "./report-markdown.ts";

export async function writeReport(dir: string, story: Story, sources: ReportSources): Promise<void> {
  const report = await makeReport(story, sources);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(dir, "report.md"), renderMarkdown(report));
}
