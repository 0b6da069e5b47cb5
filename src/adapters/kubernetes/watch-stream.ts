// A watch as the API sends it: one JSON object per line, until the stream ends or the caller has enough.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { WatchEvent } from "../../ports/cluster.ts";
import { type ApiStatus, errorOfStatus } from "./status-error.ts";
import type { Exchange, Transport } from "./transport.ts";

/** Ends quietly when the signal aborts; throws what an ERROR event says (410: `Expired`). */
export async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  { path, about }: Pick<Exchange, "path" | "about">,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchEvent<T>> {
  try {
    const body = await transport.stream({ method: "GET", path, about, ...(signal === undefined ? {} : { signal }) });
    for await (const line of lines(body)) {
      const event = JSON.parse(line) as WatchEvent<T> | { type: "ERROR"; object: ApiStatus };
      if (event.type === "ERROR") throw errorOfStatus(event.object);
      yield event;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/** Lines without their end; a last one without an end counts too. Works on bytes: a character may be cut in two by chunks. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const line = Buffer.concat([...rest, chunk.subarray(start, end)]).toString("utf8");
      rest = [];
      start = end + 1;
      if (line.trim() !== "") yield line;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  const last = Buffer.concat(rest).toString("utf8");
  if (last.trim() !== "") yield last;
}
