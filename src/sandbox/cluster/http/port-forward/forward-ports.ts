// GET or POST of pods/NAME/portforward: connections that a client tunnels to ports of a pod on this machine. Only to the pod's
// own ports: the runtime says where those are, not the object, which a client may write.

import type { Duplex } from "node:stream";
import { type ApiCall, badRequest, keyOf } from "../api-call.ts";
import type { UpgradeReply } from "../reply.ts";
import { Refusal } from "../status.ts";
import { text } from "../table/table-kind.ts";
import { serveChannels } from "./channels.ts";
import { type Agreed, negotiate } from "./negotiate.ts";
import { outletOf } from "./outlet.ts";
import { connectToPod } from "./pod-connection.ts";
import { podGone } from "./pod-gone.ts";
import { type Link, serveSpdy } from "./spdy-session.ts";
import { type Connect, pairStreams } from "./stream-pairs.ts";
import { WebSocketEnd } from "./web-socket.ts";
import { CLOSE } from "./web-socket-frames.ts";

/** Throws before the upgrade what can be known then: no such pod, not running, a dialect or port that cannot be. */
export async function forwardPorts(call: ApiCall): Promise<UpgradeReply> {
  const { cluster, resource, podPorts, request } = call;
  const agreed = negotiate(request.method ?? "GET", request.headers);
  const ports = agreed.dialect === "channels" ? portsOf(call.query) : [];
  const pod = await cluster.get(resource, keyOf(call));
  if (podPorts === undefined)
    throw new Refusal(503, "ServiceUnavailable", "no runtime is attached to this API, so nothing listens in its pods");
  const { name, uid = "" } = pod.metadata;
  const phase = text(pod, "status", "phase");
  if (phase !== "Running")
    throw badRequest(`unable to forward port because pod ${name} is not running. Current status=${phase || "Pending"}`);
  return {
    kind: "upgrade",
    headers: agreed.headers,
    serve: async (socket, closing) => {
      const over = new AbortController();
      const ending = AbortSignal.any([closing, over.signal]);
      const connect: Connect = (port, deliver) =>
        connectToPod({ found: podPorts.find({ uid }, port), deliver, signal: ending });
      const gone = podGone({ cluster, resource }, pod, ending);
      try {
        await Promise.race([gone, serve(socket, agreed, { ports, pod: { name, uid }, connect, ending })]);
      } finally {
        over.abort();
      }
    },
  };
}

interface Tunnel {
  /** Of the query; the other dialects name them with each stream. */
  ports: number[];
  pod: { name: string; uid: string };
  connect: Connect;
  /** Aborts when the pod is gone or the server closes. */
  ending: AbortSignal;
}

async function serve(socket: Duplex, { dialect }: Agreed, tunnel: Tunnel): Promise<void> {
  const { pod, connect, ports } = tunnel;
  if (dialect === "spdy") {
    const incoming = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    return serveSpdy({ incoming, send: outletOf(socket) }, pairStreams(pod, connect));
  }
  const client = new WebSocketEnd(socket);
  tunnel.ending.addEventListener("abort", () => client.close(CLOSE.goingAway));
  if (dialect === "channels") await serveChannels(client, ports, { pod, connect });
  else await serveSpdy(linkOver(client), pairStreams(pod, connect));
  client.close();
}

function linkOver(client: WebSocketEnd): Link {
  return { incoming: bytesOf(client), send: (bytes) => client.send(bytes) };
}

async function* bytesOf(client: WebSocketEnd): AsyncGenerator<Buffer> {
  for await (const { bytes } of client.parts()) yield bytes;
}

const MAX_PORTS = 64;

function portsOf(query: URLSearchParams): number[] {
  const texts = query.getAll("ports").flatMap((each) => each.split(","));
  if (texts.length === 0) throw badRequest('query parameter "ports" is required');
  if (texts.length > MAX_PORTS) throw badRequest(`at most ${MAX_PORTS} ports are forwarded by one connection`);
  return texts.map((each) => {
    const port = /^\d{1,5}$/.test(each) ? Number(each) : 0;
    if (port < 1 || port > 65_535) throw badRequest(`unable to parse ${JSON.stringify(each)} as a port`);
    return port;
  });
}
