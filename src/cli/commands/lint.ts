// serin lint: files checked without a cluster, each finding with file, line and column.

import type { CrdLike } from "../../core/lint/schema-rules.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { sarifDocument } from "../format/sarif.ts";
import { problemLines } from "../format/source-frame.ts";
import { lintFiles } from "../lint-files.ts";
import { readFiles, type SourceFile } from "../manifest/read-files.ts";
import type { SourceProblem } from "../manifest/source-problem.ts";
import { addPrintOptions, collect, outputOption } from "../options.ts";
import { usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";

interface LintOptions {
  filename?: string[];
  recursive?: boolean;
  output?: string;
  strict?: boolean;
  namespace: string;
}

export const define: Define = (command, act) => {
  command
    .argument("[file...]", "files, directories, or - for standard input")
    .option("-f, --filename <file>", "the same as an argument; repeatable", collect)
    .option("-R, --recursive", "folders below a directory too")
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--strict", "exit code 1 for warnings too")
    .addOption(outputOption("json", "sarif"))
    .addHelpText("after", "\nAll files are looked at together: a Canary in one finds its Deployments in another.");
  addPrintOptions(command);
  act(lint);
};

async function lint(session: Session, args: string[], options: LintOptions): Promise<number> {
  const names = [...args, ...(options.filename ?? [])];
  if (names.length === 0) throw usageProblem("nothing to check: name files", "serin lint FILE|DIR|-");
  const files = await readFiles(session.world, names, options.recursive === true);
  const problems = lintFiles(files, options.namespace, (await session.world.istioDefinitions()) as CrdLike[]);
  if (options.output === "json") session.print(JSON.stringify(jsonDocument(problems), null, 2));
  else if (options.output === "sarif") session.print(JSON.stringify(sarifDocument(problems), null, 2));
  else if (options.output !== undefined)
    throw usageProblem(`unknown output format "${options.output}"`, "Formats: json, sarif");
  else printText(session, files, problems);
  const counts = countsOf(problems);
  session.hint(summary(files.length, counts));
  return counts.error > 0 || (options.strict === true && counts.warning > 0) ? EXIT.failed : EXIT.ok;
}

function printText(session: Session, files: SourceFile[], problems: SourceProblem[]): void {
  const texts = new Map(files.map(({ name, text }) => [name, text]));
  for (const problem of problems)
    for (const line of problemLines(problem, texts.get(problem.file), session.paint)) session.print(line);
}

function countsOf(problems: SourceProblem[]): { error: number; warning: number; info: number } {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of problems) counts[severity]++;
  return counts;
}

function summary(files: number, { error, warning }: { error: number; warning: number }): string {
  const of = `${files} file${files === 1 ? "" : "s"}`;
  if (error === 0 && warning === 0) return `No problems in ${of}.`;
  return `${error} error${error === 1 ? "" : "s"}, ${warning} warning${warning === 1 ? "" : "s"} in ${of}.`;
}

function jsonDocument(problems: SourceProblem[]): unknown {
  return { apiVersion: "cli.serin.dev/v1", kind: "LintReport", items: problems };
}
