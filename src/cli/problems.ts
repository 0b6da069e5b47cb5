// Failures as the user sees them: what happened, where, why, what to do; with an exit code. No stack without -v.

import { inspect } from "node:util";
import { ClusterError, type ClusterErrorReason } from "../ports/cluster.ts";
import { EXIT } from "./exit-codes.ts";

/** A failure that the command explains itself. `hints` are printed below it, one line each. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly exitCode: number;
  readonly hints: readonly string[];

  constructor(message: string, exitCode: number, ...hints: string[]) {
    super(message);
    this.exitCode = exitCode;
    this.hints = hints;
  }
}

export function usageProblem(message: string, ...hints: string[]): Problem {
  return new Problem(message, EXIT.usage, ...hints);
}

export interface Described {
  text: string;
  exitCode: number;
}

/** The lines to print for any thrown value. */
export function describe(error: unknown, options: { verbose: boolean }): Described {
  const { message, hints, exitCode } = parts(error);
  const stack = options.verbose && error instanceof Error ? `\n${error.stack ?? ""}${causeOf(error)}` : "";
  return { text: [`error: ${message}`, ...hints.map((hint) => `  ${hint}`)].join("\n") + stack, exitCode };
}

interface Parts {
  message: string;
  hints: readonly string[];
  exitCode: number;
}

function parts(error: unknown): Parts {
  if (error instanceof Problem) return error;
  if (error instanceof ClusterError) return ofCluster(error);
  if (error instanceof Error) return { message: error.message, hints: [], exitCode: EXIT.failed };
  return { message: String(error), hints: [], exitCode: EXIT.failed };
}

function ofCluster(error: ClusterError): Parts {
  const causes = error.causes
    .filter(({ message }) => !error.message.includes(message))
    .map(({ field, message }) => (field === undefined ? `- ${message}` : `- ${field}: ${message}`));
  const cure = CURES[error.reason];
  const message =
    error.reason === "Unreachable"
      ? error.message
      : `${error.message}${error.message.includes(error.reason) ? "" : ` (${error.reason})`}`;
  return { message, hints: cure === undefined ? causes : [...causes, cure], exitCode: exitCodeOf(error.reason) };
}

const CURES: Partial<Record<ClusterErrorReason, string>> = {
  Unauthorized: "The server does not accept who you are: the token or certificate in the kubeconfig may have ended.",
  Forbidden: "Your user lacks this permission: ask for a role with it, or use another with --user or --context.",
  Conflict: "Somebody else changed or owns this: look at it again, then repeat the command.",
  TooManyRequests: "The server is busy: try again in a moment.",
  RequestEntityTooLarge: "The API takes objects up to about 3 MB (and stores about 1.5 MB): split it.",
};

function exitCodeOf(reason: ClusterErrorReason): number {
  if (reason === "Unreachable") return EXIT.unreachable;
  return reason === "NotFound" ? EXIT.notFound : EXIT.failed;
}

function causeOf(error: Error): string {
  return error.cause === undefined
    ? ""
    : `\ncaused by: ${error.cause instanceof Error ? error.cause.stack : inspect(error.cause)}`;
}
