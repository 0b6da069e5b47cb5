// Which protocol a client speaks, by its first bytes: HTTP/2 with prior knowledge begins with a fixed text, as Envoy's codec type
// AUTO has it. https://www.rfc-editor.org/rfc/rfc9113#name-http-2-connection-preface

import type { Duplex } from "node:stream";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Runs once, when it is known; what was read is still there to be read. Never runs for a client that goes before that. */
export function whenProtocolKnown(socket: Duplex, run: (isHttp2: boolean) => void): void {
  let read: Buffer | undefined;
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    read = read === undefined ? chunk : Buffer.concat([read, chunk]);
    const isLike = read.subarray(0, PREFACE.length).equals(PREFACE.subarray(0, read.length));
    if (isLike && read.length < PREFACE.length) return;
    socket.off("readable", onReadable).off("end", onGone).off("error", onGone);
    socket.unshift(read);
    run(isLike);
  };
  const onGone = () => socket.destroy();
  socket.on("readable", onReadable).on("end", onGone).on("error", onGone);
}
