// What the gRPC pods of the soak can be asked. Messages are plain bytes: there is no schema.

import type { MethodDefinition } from "@grpc/grpc-js";

export type Method = MethodDefinition<Buffer, Buffer>;

const asTheyAre = (message: Buffer) => message;
const method = (name: string, requestStream: boolean, responseStream: boolean): Method => ({
  ...{ path: `/soak.Echo/${name}`, requestStream, responseStream },
  ...{ requestSerialize: asTheyAre, requestDeserialize: asTheyAre },
  ...{ responseSerialize: asTheyAre, responseDeserialize: asTheyAre },
});

export const METHODS = {
  /** The message back. */
  Say: method("Say", false, false),
  /** Not before LATE_MS are over. */
  Late: method("Late", false, false),
  /** NOT_FOUND. */
  Miss: method("Miss", false, false),
  /** All messages joined. */
  Collect: method("Collect", true, false),
  /** COUNTED times the message, one every COUNT_EVERY_MS. */
  Count: method("Count", false, true),
  /** Each message back when it comes. */
  Chat: method("Chat", true, true),
} as const;

export const LATE_MS = 5_000;
export const COUNTED = 8;
export const COUNT_EVERY_MS = 150;

/** In the trailers: bytes of all messages that the pod got, and what was left of the call's deadline when it came. */
export const HEARD = "x-heard-bytes";
export const LEFT = "x-left-ms";
