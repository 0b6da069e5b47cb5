// Makes one kind of gRPC calls with grpc-js and judges them: their end, version, messages and trailers must be the right ones. All of
// a kind share a channel, or have one each.

import { type CallOptions, Client, credentials, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import type { Sender } from "../../src/load/open-loop.ts";
import { HEARD, LEFT, type Method } from "./grpc-method.ts";
import type { SoakResult } from "./ledger.ts";

export interface GrpcKind {
  port: number;
  host: string;
  method: Method;
  /** Of the n-th call. */
  messages(n: number): Buffer[];
  /** What must come back. */
  answers(messages: readonly Buffer[]): Buffer[];
  /** Between two messages. */
  pauseMs?: number;
  /** A channel for each call. */
  fresh?: boolean;
  /** How the call must end; OK where nothing is said. */
  ends?: readonly status[];
  /**
   * A deadline that the gateway and the pod are told of and the client does not keep: its own clock would run out in the same moment
   * as theirs, and nobody could say which answer is counted.
   */
  silentDeadlineMs?: number;
  /** The client cancels after so long, before the answer. */
  cancelAfterMs?: number;
  /** The client cancels when the first message has come. */
  cancelHalfway?: boolean;
}

const DEADLINE_MS = 20_000;

export function grpcSender(kind: GrpcKind): Sender {
  const kept = kind.fresh ? undefined : openClient(kind);
  let n = 0;
  return {
    close: () => kept?.close(),
    one(dueMs, done) {
      const client = kept ?? openClient(kind);
      const end = (result: SoakResult) => {
        if (kept === undefined) client.close();
        done({ ...result, latencyMs: performance.now() - dueMs });
      };
      void call(client, kind, kind.messages(n++)).then(end);
    },
  };
}

function openClient({ port, host }: GrpcKind): Client {
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.default_authority": host,
    // Each kind has a connection of its own, and what fails is not tried again in silence.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
  });
}

/** All that a call brought. */
interface Heard {
  version: string | undefined;
  messages: Buffer[];
  end: StatusObject;
  cancelled: boolean;
}

/** On the wire a single message is a stream of one: all methods are called alike. */
function call(client: Client, kind: GrpcKind, messages: readonly Buffer[]): Promise<SoakResult> {
  const { method, silentDeadlineMs, cancelAfterMs, cancelHalfway, pauseMs = 0 } = kind;
  const metadata = new Metadata();
  if (silentDeadlineMs !== undefined) metadata.set("grpc-timeout", `${silentDeadlineMs}m`);
  const options: CallOptions = silentDeadlineMs === undefined ? { deadline: Date.now() + DEADLINE_MS } : {};
  const { path, requestSerialize, responseDeserialize } = method;
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options);
  const heard: Omit<Heard, "end"> = { version: undefined, messages: [], cancelled: false };
  const cancel = () => {
    heard.cancelled = true;
    stream.cancel();
  };
  const timers: NodeJS.Timeout[] = [];
  if (cancelAfterMs !== undefined) timers.push(setTimeout(cancel, cancelAfterMs));
  // One timer after the other: several that are due at once would not fire in order.
  const sendFrom = (at: number) => {
    stream.write(messages[at]!);
    if (at + 1 === messages.length) stream.end();
    else timers.push(setTimeout(() => sendFrom(at + 1), pauseMs));
  };
  return new Promise((resolve) => {
    stream.on("metadata", (head: Metadata) => (heard.version = textOf(head, "x-echo-version")));
    stream.on("data", (message: Buffer) => {
      heard.messages.push(message);
      if (cancelHalfway) cancel();
    });
    // It is in the status as well.
    stream.on("error", () => {});
    stream.on("status", (end) => {
      for (const timer of timers) clearTimeout(timer);
      resolve(judge(kind, messages, { ...heard, end }));
    });
    sendFrom(0);
  });
}

function judge(kind: GrpcKind, sent: readonly Buffer[], heard: Heard): SoakResult {
  const { version, end, cancelled } = heard;
  // Who goes away before the answer gets none.
  if (cancelled && end.code === status.CANCELLED && version === undefined)
    return { kind: "answered", status: 0, version };
  // An answer without its end is UNKNOWN, as in Envoy.
  const grpcStatus = cancelled ? status.UNKNOWN : end.code;
  const cause = cancelled ? wrongAtCancel(kind, heard) : wrongAtEnd(kind, sent, heard);
  if (cause === undefined) return { kind: "answered", status: 200, version, grpcStatus };
  const detail = `${kind.method.path}: ${end.code} "${end.details}" from ${version}`;
  return { kind: "failed", cause, detail, got: 200, grpcStatus };
}

function wrongAtCancel({ cancelHalfway }: GrpcKind, { end, messages }: Heard): string | undefined {
  if (end.code !== status.CANCELLED || !cancelHalfway) return `${status[end.code]} in place of a cancelled call`;
  return messages.length === 1 ? undefined : `${messages.length} messages before the call was cancelled`;
}

function wrongAtEnd(kind: GrpcKind, sent: readonly Buffer[], { end, messages }: Heard): string | undefined {
  const { ends = [status.OK], answers, silentDeadlineMs } = kind;
  if (!ends.includes(end.code))
    return `${status[end.code]} in place of ${ends.map((each) => status[each]).join(" or ")}`;
  const expected = answers(sent);
  if (messages.length !== expected.length) return `${messages.length} messages in place of ${expected.length}`;
  if (!messages.every((each, i) => each.equals(expected[i]!))) return "other messages";
  return silentDeadlineMs === undefined ? wrongTrailers(sent, end.metadata) : undefined;
}

function wrongTrailers(sent: readonly Buffer[], trailers: Metadata): string | undefined {
  const [heard, left] = [textOf(trailers, HEARD), textOf(trailers, LEFT)];
  const bytes = sent.reduce((sum, { length }) => sum + length, 0);
  if (heard !== String(bytes)) return `the pod's trailer tells of ${heard} bytes in place of ${bytes}`;
  const leftMs = Number(left ?? "none");
  return leftMs > 0 && leftMs <= DEADLINE_MS ? undefined : `the pod knew of ${left} ms until the deadline`;
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  return value === undefined ? undefined : String(value);
}
