// Many write to one socket, and each goes on when there is room again: what waits is one chunk of each writer.

import type { Writable } from "node:stream";

/** Resolves when there is room for more, at once when nobody listens any more. */
export type Outlet = (bytes: Buffer) => Promise<void>;

export function outletOf(stream: Writable): Outlet {
  let room: Promise<void> | undefined;
  return async (bytes) => {
    if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return;
    room ??= roomIn(stream).finally(() => (room = undefined));
    await room;
  };
}

function roomIn(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}
