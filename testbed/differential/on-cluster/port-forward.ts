// A port of a pod on loopback. Each connection has a WebSocket of its own to the API server: kubectl port-forward carries all connections
// in one, and gives up all of them as soon as one is reset, which is what many cases are about.

import { createServer, type Socket } from "node:net";
import { type KubeConfig, PortForward } from "@kubernetes/client-node";

export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

export interface Forwarded {
  localPort: number;
  close(): void;
}

export async function forwardPort(config: KubeConfig, to: PodPort): Promise<Forwarded> {
  const forward = new PortForward(config, true);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    void join(forward, to, socket).catch(() => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    localPort: (server.address() as { port: number }).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function join(forward: PortForward, { namespace, pod, port }: PodPort, socket: Socket): Promise<void> {
  const opened = await forward.portForward(namespace, pod, [port], socket, null, socket);
  if (typeof opened === "function") throw new Error("a connection that is not tried again is its WebSocket");
  opened.addEventListener("close", () => socket.destroySoon());
  opened.addEventListener("error", () => socket.resetAndDestroy());
  socket.on("close", () => opened.close());
  if (socket.destroyed) opened.close();
}
