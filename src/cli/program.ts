// The command line: finds the command, loads its file, runs it, and turns whatever happens into an exit code.

import { Command, CommanderError } from "commander";
import { invokedAs } from "./again.ts";
import type { Act, CommandEntry } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, EXIT_CODES_HELP } from "./exit-codes.ts";
import { addCommonOptions, type CommonOptions } from "./options.ts";
import { describe } from "./problems.ts";
import { openSession } from "./session.ts";
import type { World } from "./world.ts";

/** Runs one command line (without the names of node and the script). Never throws; the result is the exit code. */
export async function run(argv: string[], world: World): Promise<number> {
  const outcome: Outcome = { exitCode: EXIT.ok, endsByItself: false };
  const program = buildProgram(world, outcome);
  // Timers behind the Clock port do not keep the process alive; a running command does.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    if (argv[0] === "complete" && argv[1] === "--") {
      await (await import("./completion/complete.ts")).complete(argv.slice(2), world);
      return EXIT.ok;
    }
    const parsed = program.parseAsync(spelledOut(argv), { from: "user" });
    await Promise.race([parsed, interruption(world, outcome, parsed)]);
    return world.interrupted.aborted && outcome.exitCode === EXIT.ok ? EXIT.interrupted : outcome.exitCode;
  } catch (error) {
    return exitCodeOf(error, world, argv);
  } finally {
    clearInterval(alive);
  }
}

/** The short forms that everybody tries. */
function spelledOut(argv: string[]): string[] {
  if (argv.length === 0) return ["--help"];
  return argv[0] === "--version" || argv[0] === "-V" ? ["version", "--client", ...argv.slice(1)] : argv;
}

interface Outcome {
  exitCode: number;
  /** The command ends tidily at Ctrl-C: wait for it. */
  endsByItself: boolean;
}

function buildProgram(world: World, outcome: Outcome): Command {
  const name = invokedAs(world.env);
  const program = new Command(name)
    .description(
      "Moves live traffic to a new version, watches every request, takes it back when the new version is worse.",
    )
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError(`(see ${name} --help)`)
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      getOutHelpWidth: () => world.stdout.columns ?? 100,
      getErrHelpWidth: () => world.stderr.columns ?? 100,
      outputError: (text, write) => write(text),
    })
    .addHelpText(
      "after",
      `\nFlags that all commands share (-n, --context, -v, ...) may stand before or after the command: ${name} get --help`,
    )
    .addHelpText("after", `\n${EXIT_CODES_HELP}`);
  addCommonOptions(program, { hidden: true });
  for (const entry of COMMANDS) addStub(program, entry);
  program.hook("preSubcommand", async (_, subcommand) => {
    const entry = COMMANDS.find(({ name }) => name === subcommand.name());
    if (entry === undefined) return;
    outcome.endsByItself = entry.handlesInterrupt === true;
    const { define } = await entry.load();
    define(subcommand, actOn(subcommand, program, world, outcome));
    subcommand.addHelpText("after", `\n${EXIT_CODES_HELP}`);
  });
  return program;
}

/** Name and summary only: enough for help and for "did you mean". The rest comes when the command is called. */
function addStub(program: Command, entry: CommandEntry): void {
  const command = program.command(entry.name).summary(entry.summary).description(entry.summary).helpGroup(entry.group);
  command.showHelpAfterError(`(see ${program.name()} ${entry.name} --help)`);
  if (entry.alias !== undefined) command.alias(entry.alias);
}

function actOn(command: Command, program: Command, world: World, outcome: Outcome): Act {
  return (act) => {
    command.action(async () => {
      const options = { ...program.opts<CommonOptions>(), ...command.opts<CommonOptions>() };
      outcome.exitCode = await act(openSession(world, options), command.args, options as never);
    });
  };
}

/** Rejects at Ctrl-C unless the command ends by itself; it goes on unheard then: the process is about to end. */
function interruption(world: World, outcome: Outcome, parsed: Promise<unknown>): Promise<never> {
  parsed.catch(() => undefined);
  return new Promise((_, reject) => {
    const stop = () => {
      if (!outcome.endsByItself) reject(new Interrupted());
    };
    if (world.interrupted.aborted) stop();
    world.interrupted.addEventListener("abort", stop, { once: true });
  });
}

class Interrupted extends Error {}

function exitCodeOf(error: unknown, world: World, argv: string[]): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Interrupted || world.interrupted.aborted) return EXIT.interrupted;
  const verbose = argv.some((word) => word === "-v" || word === "--verbose" || /^-v\d/.test(word));
  const { text, exitCode } = describe(error, { verbose });
  world.stderr.write(`${text}\n`);
  return exitCode;
}
