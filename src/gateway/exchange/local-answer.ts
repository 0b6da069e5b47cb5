// An answer of the gateway's own, in the words of whoever asked.

import { type HeaderList, withLength } from "../wire/headers.ts";
import type { Account } from "./account.ts";
import type { Downstream } from "./downstream.ts";
import { grpcHead } from "./grpc.ts";

export interface LocalAnswer {
  code: number;
  /** What a gRPC client gets in its place. */
  grpcStatus: number;
  head: readonly string[];
  body: Uint8Array;
}

/** The status that the client sees. `edit`: the route's header operations. */
export function sendLocalAnswer(
  client: Downstream,
  account: Account,
  own: LocalAnswer,
  edit: (list: HeaderList) => HeaderList,
): number {
  // Whoever sends nonsense once may do it again in the next bytes.
  if (own.code === 400) client.closeAfterAnswer();
  if (account.isGrpc) account.grpcStatus = String(own.grpcStatus);
  const { code, head, body } = account.isGrpc ? inGrpc(own, client.method) : own;
  const list = edit([...head]);
  const framed = body.length > 0 ? withLength(list, body.length) : [...list, ...client.emptyFraming(code)];
  client.writeHead(code, framed, false);
  if (client.method !== "HEAD") account.bytesSent = body.length;
  client.end(body, undefined);
  return code;
}

/** The status is 200, and there is no body. */
function inGrpc(own: LocalAnswer, method: string): LocalAnswer {
  const said = grpcHead(own.grpcStatus, method === "HEAD" ? NOTHING : own.body);
  return { ...own, code: 200, head: [...said, ...own.head], body: NOTHING };
}

const NOTHING = new Uint8Array();
