// Which protocol a client speaks, by its first bytes: HTTP/2 with prior knowledge begins with a fixed text, as Envoy's codec type
// AUTO has it. https://www.rfc-editor.org/rfc/rfc9113#name-http-2-connection-preface

import type { Socket } from "node:net";
import { SocketReader } from "../wire/socket-reader.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Runs once, when it is known, with what was read so far. Never runs for a client that goes before that. */
export function whenProtocolKnown(
  socket: Socket,
  run: (isHttp2: boolean, reader: SocketReader, bytes: Buffer) => void,
): void {
  let earlier: Buffer | undefined;
  const onGone = () => socket.destroy();
  const reader = new SocketReader((chunk) => {
    const bytes = earlier === undefined ? chunk : Buffer.concat([earlier, chunk]);
    const isLike = bytes.subarray(0, PREFACE.length).equals(PREFACE.subarray(0, bytes.length));
    if (isLike && bytes.length < PREFACE.length) {
      earlier = Buffer.from(bytes);
      return;
    }
    socket.off("end", onGone).off("error", onGone);
    run(isLike, reader, bytes);
  });
  socket.on("end", onGone).on("error", onGone);
  reader.attach(socket);
}
