// Sends a reply that goes on: watches and followed logs. Waits while the client has no room, ends when it goes.

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { COMMON_HEADERS, type StreamReply } from "./reply.ts";

export async function sendStream(response: ServerResponse, reply: StreamReply, closing: AbortSignal): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  closing.addEventListener("abort", leave, { once: true });
  if (closing.aborted || response.destroyed) leave();
  response.writeHead(200, { ...COMMON_HEADERS, ...reply.headers, "content-type": reply.contentType });
  // The client must know at once that its watch is accepted, long before the first event.
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  try {
    await reply.write({ signal: gone.signal, send: (text) => send(response, text, gone.signal) });
    response.end();
  } finally {
    response.off("close", leave);
    closing.removeEventListener("abort", leave);
    gone.abort();
  }
}

async function send(response: ServerResponse, text: string, gone: AbortSignal): Promise<boolean> {
  if (gone.aborted) return false;
  if (response.write(text)) return true;
  try {
    await once(response, "drain", { signal: gone });
    return true;
  } catch {
    return false;
  }
}
