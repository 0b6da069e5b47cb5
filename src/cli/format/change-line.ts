// One change of a rollout in one line, for logs and pipes.

import type { Canary } from "../../core/spec/canary.ts";
import { stepText, weightText } from "./canary-table.ts";
import { sideText } from "./evidence.ts";

/** `fingerprint` tells whether anything but the running counts changed since the last line. */
export function changeLine(canary: Canary, nowMs: number): { line: string; fingerprint: string } {
  const { status } = canary;
  const phase = status?.phase ?? "Pending";
  const facts = `${phase} step ${stepText(canary)} weight ${weightText(canary)}`;
  const evidence = status?.evidence;
  const errors =
    evidence === undefined ? "" : ` | errors: stable ${sideText(evidence.stable)}, canary ${sideText(evidence.canary)}`;
  const time = new Date(nowMs).toISOString().slice(0, 19);
  const message = status?.message ?? "no controller has looked at it yet";
  return {
    line: `${time}Z ${canary.metadata.namespace}/${canary.metadata.name} ${facts} | ${message}${errors}`,
    fingerprint: [facts, message, evidence?.state, status?.rollout?.id].join("\n"),
  };
}
