// The flags that all commands share, in kubectl's spelling.

import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDurationMs } from "../core/kubernetes/duration.ts";

export interface CommonOptions {
  kubeconfig?: string;
  context?: string;
  cluster?: string;
  user?: string;
  as?: string;
  asGroup?: string[];
  namespace?: string;
  allNamespaces?: boolean;
  /** Milliseconds. */
  requestTimeout?: number;
  home?: string;
  color?: "auto" | "always" | "never";
  verbose?: boolean;
  quiet?: boolean;
}

/** Where to find the cluster, and how to print. Hidden ones work all the same. */
export function addCommonOptions(command: Command, { hidden = false } = {}): void {
  for (const option of connectionOptions()) command.addOption(option.helpGroup("Connection:").hideHelp(hidden));
  for (const option of printOptions()) command.addOption(option.helpGroup("Printing:").hideHelp(hidden));
}

export function addPrintOptions(command: Command): void {
  for (const option of printOptions()) command.addOption(option.helpGroup("Printing:"));
}

function connectionOptions(): Option[] {
  return [
    new Option("-n, --namespace <name>", "namespace to work in (default: the context's)"),
    new Option("-A, --all-namespaces", "in all namespaces"),
    new Option("--kubeconfig <file>", "kubeconfig to use (default: KUBECONFIG, the running sandbox, ~/.kube/config)"),
    new Option("--context <name>", "context of the kubeconfig"),
    new Option("--cluster <name>", "cluster of the kubeconfig, instead of the context's"),
    new Option("--user <name>", "user of the kubeconfig, instead of the context's"),
    new Option("--as <name>", "act as this user (impersonation)"),
    new Option("--as-group <name>", "act in this group too; may be repeated, needs --as").argParser(collect),
    new Option("--request-timeout <duration>", "longest wait for one answer: 5s, 1m (default: 30s)").argParser(
      durationMs,
    ),
    homeOption(),
  ];
}

function printOptions(): Option[] {
  return [
    new Option("--color <when>", "colours: auto, always or never").choices(["auto", "always", "never"]),
    new Option("-v, --verbose [level]", "say what is done and where; with errors, the stack").argParser(() => true),
    new Option("-q, --quiet", "no hints and progress on stderr"),
  ];
}

/** Where the sandbox keeps its things. */
export function homeOption(): Option {
  return new Option("--home <dir>", "home of the sandbox (default: SERIN_HOME, else .serin)");
}

/** For commands whose whole answer can also be machine-readable. */
export function outputOption(...formats: string[]): OutputOption {
  return new OutputOption(formats);
}

export class OutputOption extends Option {
  readonly formats: readonly string[];

  constructor(formats: string[]) {
    super("-o, --output <format>", `output: ${formats.join(", ")}`);
    this.formats = formats;
  }
}

/** "90s", "5m": milliseconds. A plain number is seconds, as kubectl reads it. */
export function durationMs(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDurationMs(text);
  if (ms === undefined || ms < 0) throw new InvalidArgumentError('Write a duration such as "30s", "5m" or "1h30m".');
  return ms;
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Write a whole number, 0 or more.");
  return Number(text);
}

export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError("A port is between 0 and 65535 (0: any free one).");
  return port;
}

/** Repeatable: collects. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
