// A client that sends the bytes it is told and says what came back: which answers, and whether the other side ended the connection.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes, or milliseconds to wait, or the end of the client's own side. */
export type Step = string | Buffer | number | typeof FIN;

export const FIN = Symbol("the client ends its side");

export interface Talk {
  /** Status codes of the answers, 1xx included, in order. */
  statuses: number[];
  text: string;
  /** The other side ended or reset the connection. */
  ended: boolean;
  tookMs: number;
}

export interface TalkOptions {
  port: number;
  /** Over when nothing has come for so long after the last step, unless the other side ends before. */
  quietMs?: number;
  /** Over when that many final answers have come. */
  answers?: number;
}

export async function talk(
  steps: readonly Step[],
  { port, quietMs = 400, answers = Infinity }: TalkOptions,
): Promise<Talk> {
  const startMs = performance.now();
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  const state = { ended: false };
  let lastMs = performance.now();
  const end = () => void (state.ended = true);
  socket.on("error", end).on("end", end).on("close", end);
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    lastMs = performance.now();
  });
  await new Promise((resolve) => socket.once("connect", resolve).once("error", resolve));
  for (const step of steps) {
    if (state.ended) break;
    if (typeof step === "number") await sleep(step);
    else if (step === FIN) socket.end();
    else await new Promise<void>((resolve) => socket.write(step, () => resolve()));
  }
  lastMs = performance.now();
  const text = () => Buffer.concat(chunks).toString("latin1");
  while (!state.ended && performance.now() - lastMs < quietMs && finalOnes(text()) < answers) await sleep(5);
  socket.destroy();
  return { statuses: statusesOf(text()), text: text(), ended: state.ended, tookMs: performance.now() - startMs };
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, code]) => Number(code));
}

function finalOnes(text: string): number {
  return statusesOf(text).filter((code) => code >= 200).length;
}
