// In which of its three dialects a client asks for port-forward:
//   SPDY/3.1 inside a WebSocket      kubectl 1.31 and newer
//   SPDY/3.1 by HTTP upgrade         kubectl before, and when a proxy on the way knows no WebSockets
//   messages with a channel's number  JavaScript, Java, Python clients

import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { badRequest } from "../api-call.ts";

export interface Agreed {
  dialect: "spdy" | "spdy-in-web-socket" | "channels";
  /** Of the 101. */
  headers: OutgoingHttpHeaders;
}

const SPDY = "SPDY/3.1";
const STREAM_PROTOCOL = "portforward.k8s.io";
const TUNNEL_PROTOCOL = `${SPDY}+${STREAM_PROTOCOL}`;
const CHANNEL_PROTOCOL = "v4.channel.k8s.io";
/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Throws what a client must do otherwise. */
export function negotiate(method: string, headers: IncomingHttpHeaders): Agreed {
  const upgrades = tokens(headers.connection).some((token) => token.toLowerCase() === "upgrade");
  const protocol = upgrades ? (headers.upgrade ?? "").toLowerCase() : "";
  if (protocol === SPDY.toLowerCase()) return spdy(headers);
  if (protocol === "websocket") return webSocket(method, headers);
  throw badRequest(`Upgrade request required: pods/portforward is asked for with "Upgrade: websocket" or "${SPDY}"`);
}

function spdy(headers: IncomingHttpHeaders): Agreed {
  const offered = tokens(headers["x-stream-protocol-version"]);
  if (!offered.includes(STREAM_PROTOCOL))
    throw badRequest(`unable to upgrade: X-Stream-Protocol-Version must name ${STREAM_PROTOCOL}`);
  const agreed = { connection: "Upgrade", upgrade: SPDY, "x-stream-protocol-version": STREAM_PROTOCOL };
  return { dialect: "spdy", headers: agreed };
}

function webSocket(method: string, headers: IncomingHttpHeaders): Agreed {
  const key = headers["sec-websocket-key"] ?? "";
  if (method !== "GET") throw badRequest("a WebSocket is opened with GET");
  if (headers["sec-websocket-version"] !== "13") throw badRequest("only version 13 of WebSocket is spoken here");
  if (Buffer.from(key, "base64").length !== 16) throw badRequest("Sec-WebSocket-Key must hold 16 bytes in base64");
  const offered = tokens(headers["sec-websocket-protocol"]);
  const chosen = [TUNNEL_PROTOCOL, CHANNEL_PROTOCOL].find((each) => offered.includes(each));
  if (chosen === undefined && offered.length > 0)
    throw badRequest(
      `unable to upgrade: none of the protocols ${offered.join(", ")} is spoken here, but ${TUNNEL_PROTOCOL} and ${CHANNEL_PROTOCOL}`,
    );
  return {
    dialect: chosen === TUNNEL_PROTOCOL ? "spdy-in-web-socket" : "channels",
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-accept": createHash("sha1")
        .update(key + ACCEPT_SUFFIX)
        .digest("base64"),
      ...(chosen === undefined ? {} : { "sec-websocket-protocol": chosen }),
    },
  };
}

function tokens(header: string | string[] | undefined): string[] {
  const values = Array.isArray(header) ? header : [header ?? ""];
  return values.flatMap((value) => value.split(",").map((token) => token.trim())).filter((token) => token !== "");
}
