// The head of an answer, as Envoy writes it.

import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Gate } from "./gate.ts";
import { type HeaderList, sealed } from "./headers.ts";

/** `edited`: after the route's header operations. */
export function writeHead(gate: Gate, response: ServerResponse, code: number, edited: HeaderList): void {
  const list = sealed(edited, gate.httpDate());
  response.sendDate = false;
  // Node would add its own Connection and Keep-Alive; Envoy says only when it is going to close.
  response.removeHeader("connection");
  if (gate.draining) response.shouldKeepAlive = false;
  if (!response.shouldKeepAlive) list.push("connection", "close");
  response.writeHead(code, STATUS_CODES[code] ?? "Unknown", list);
}
