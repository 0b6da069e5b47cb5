// Reads an unfinished command line: which command it calls, and which of the shared flags it sets.

import { Command } from "commander";
import type { CommandEntry } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { addCommonOptions, type CommonOptions } from "../options.ts";

export interface Line {
  /** The words before the one to be completed, with the command's own name where an alias was typed. */
  before: string[];
  /** What is typed of the word so far. */
  current: string;
  /** Undefined while the command itself is being typed. */
  entry: CommandEntry | undefined;
  /** The words after the command's name, without shared flags: its operands and its own flags. */
  operands: string[];
  options: CommonOptions;
}

export function readLine(words: string[]): Line {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const { operands, options } = readKnown(before);
  const typed = operands[0];
  const entry = COMMANDS.find(({ name, alias }) => typed !== undefined && (name === typed || alias === typed));
  if (entry !== undefined && typed !== undefined) before[before.indexOf(typed)] = entry.name;
  return { before, current, entry, operands: operands.slice(1), options };
}

/** What is wrong or unfinished stays out: nobody has pressed Enter yet. */
function readKnown(words: string[]): { operands: string[]; options: CommonOptions } {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addCommonOptions(command);
  try {
    const { operands, unknown } = command.parseOptions(words);
    return { operands: [...operands, ...unknown], options: command.opts<CommonOptions>() };
  } catch {
    return words.length === 0 ? { operands: [], options: {} } : readKnown(words.slice(0, -1));
  }
}
