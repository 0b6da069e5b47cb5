// What a client says once the connection is a tunnel: one thing, waits until as much has come back, says the next; then the end that
// the case wants.

import type { Duplex } from "node:stream";
import type { CaseRequest } from "./case.ts";
import { type AnswerRecorder, DEADLINE_MS } from "./wire-answer.ts";

export function converse(
  socket: Duplex,
  { say, endedBy }: NonNullable<CaseRequest["talk"]>,
  recorder: AnswerRecorder,
): void {
  const left = [...say];
  let expected = 0;
  const speak = () => {
    const next = left.shift();
    if (next !== undefined) {
      expected += next.length;
      socket.write(next, "latin1");
    } else if (endedBy === "client") socket.end();
  };
  const deadline = setTimeout(() => socket.destroy(new Error("no answer in time")), DEADLINE_MS);
  socket.on("data", (chunk: Buffer) => {
    recorder.data(chunk.toString("latin1"));
    if (recorder.bytes >= expected) speak();
  });
  socket.on("end", () => socket.end());
  socket.on("close", () => clearTimeout(deadline));
  speak();
}
