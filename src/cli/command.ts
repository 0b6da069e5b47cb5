// What a file in commands/ exports: its grammar and what it does. A command's file is loaded only when it is called.

import type { Command } from "commander";
import type { Session } from "./session.ts";

/** Declares arguments and options on `command` and says with `act` what to run. */
export type Define = (command: Command, act: Act) => void;

/** `args` are the operands in order, `options` what commander made of the flags. The result is the exit code. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each command names the shape of its own flags
export type Act = <Options extends object>(
  run: (session: Session, args: string[], options: Options) => Promise<number>,
) => void;

export interface CommandEntry {
  name: string;
  alias?: string;
  summary: string;
  group: string;
  /** True when it ends by itself, tidily, at Ctrl-C. */
  handlesInterrupt?: boolean;
  load(): Promise<{ define: Define }>;
}
