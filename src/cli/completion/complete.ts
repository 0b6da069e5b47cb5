// `serin complete -- WORDS...`: what the last word may become, one `value<TAB>description` a line, and `:4` at the end.
// Shell scripts read it, and kubectl does (kubectl_complete-serin): it is the protocol of cobra's __complete,
// https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md

import type { Command as CompletedCommand } from "@bomb.sh/tab";
import { Command, type Option } from "commander";
import { COMMANDS } from "../commands.ts";
import { OutputOption } from "../options.ts";
import { openSession, type Session } from "../session.ts";
import type { World } from "../world.ts";
import { printedBy } from "./printed-by.ts";
import { ARGUMENT_VALUES, FILES, FLAG_VALUES, type Source, type Value } from "./values.ts";
import { type Line, readLine } from "./words.ts";

/** A person waits with the finger on the key. */
const PATIENCE_MS = 2_000;
/** Directives at the end: complete nothing else; complete file names. */
const ONLY_THESE = ":4";
const ALSO_FILES = ":0";

export async function complete(words: string[], world: World): Promise<void> {
  const line = readLine(words);
  const known: Known = new Map();
  const asked: Asked = new Set();
  const root = await completer(line, known, asked);
  // zsh would draw a line for a description, though there is none.
  const ask = () => printedBy(() => root.parse([...line.before, line.current])).replaceAll("\t\n", "\n");
  // The library wants its values at once: it is asked what it needs first, and again when that is there.
  let answer = ask();
  const session = openSession(world, { requestTimeout: PATIENCE_MS, ...line.options, verbose: false });
  for (const source of asked) if (source !== FILES) known.set(source, await patiently(source, session, line));
  if (known.size > 0) answer = ask();
  world.stdout.write(asked.has(FILES) ? answer.replace(`${ONLY_THESE}\n`, `${ALSO_FILES}\n`) : answer);
}

type Known = Map<Source, Value[]>;
type Asked = Set<Source | typeof FILES>;

/** Only the command at hand is loaded: for the others, name and summary are enough. */
async function completer({ entry }: Line, known: Known, asked: Asked) {
  const program = new Command("serin");
  for (const { name, summary } of COMMANDS) if (name !== "completion") program.command(name).description(summary);
  const called = program.commands.find((command) => command.name() === entry?.name);
  if (called !== undefined) (await entry!.load()).define(called, () => undefined);
  const { default: tab } = await import("@bomb.sh/tab/commander");
  const root = tab(program, { completionCommandName: "completion" });
  for (const { name, summary } of COMMANDS) Object.assign(root.commands.get(name) ?? {}, { description: summary });
  const command = root.commands.get(entry?.name ?? "");
  if (called === undefined || command === undefined) return root;
  const offer: Offer = (source) => (say) => {
    asked.add(source);
    if (source === FILES) return;
    for (const { value, description } of known.get(source) ?? []) say(value, description);
  };
  for (const argument of command.arguments.values()) {
    const source = ARGUMENT_VALUES[argument.name];
    if (source !== undefined) argument.handler = offer(source);
  }
  for (const option of called.options) addFlagValues(option, command, offer);
  return root;
}

type Offer = (source: Source | typeof FILES) => (say: (value: string, description: string) => void) => void;

function addFlagValues(option: Option, command: CompletedCommand, offer: Offer): void {
  const name = option.long?.slice(2) ?? "";
  const flag = command.options.get(name);
  if (flag === undefined) return;
  const source = FLAG_VALUES[name];
  if (source !== undefined) flag.handler = offer(source);
  else if (option instanceof OutputOption)
    flag.handler = (say) => {
      for (const format of option.formats) say(format.replace(/=.*/, "="), "");
    };
  else if (option.optional) Object.assign(flag, { handler: undefined, isBoolean: true });
}

/** Nothing where the cluster is silent, unknown or closed to this user: a completion never complains. */
async function patiently(source: Source, session: Session, line: Line): Promise<Value[]> {
  const late = new Promise<Value[]>((resolve) => session.world.clock.after(PATIENCE_MS, () => resolve([])));
  return Promise.race([source(session, line).catch(() => []), late]);
}
