// Port-forward over plain WebSocket messages (v4.channel.k8s.io), as clients without SPDY speak it: one connection for each port
// that the query names, the first byte of a message says whose: 2n is the data of the n-th, 2n+1 its error. Each begins with
// the port in two bytes, the lower first.
// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go

import { errorText, type Pod } from "./error-text.ts";
import type { PodConnection } from "./pod-connection.ts";
import type { Connect } from "./stream-pairs.ts";
import type { WebSocketEnd } from "./web-socket.ts";

/** Until the client closes or goes, or every pod's side has ended. */
export async function serveChannels(
  client: WebSocketEnd,
  ports: number[],
  { pod, connect }: { pod: Pod; connect: Connect },
): Promise<void> {
  const say = (channel: number, bytes: Buffer) => client.send(Buffer.concat([Buffer.of(channel), bytes]));
  const begin = Promise.all(
    ports.flatMap((port, index) => {
      const number = Buffer.of(port & 0xff, port >> 8);
      return [say(2 * index, number), say(2 * index + 1, number)];
    }),
  );
  const connections = ports.map((port, index) =>
    connect(port, async (bytes) => {
      await begin;
      await say(2 * index, bytes);
    }),
  );
  const over = Promise.all(
    connections.map(async (connection, index) => {
      const result = await connection.over;
      if (result.kind !== "refused") return;
      await say(2 * index + 1, Buffer.from(errorText(ports[index]!, pod, result.why)));
    }),
  );
  void over.then(() => client.close());
  try {
    await deliver(client, connections);
    // A pod may still answer what it was sent before: the protocol has no other way to end one direction.
    for (const connection of connections) connection.end();
    await over;
  } finally {
    for (const connection of connections) connection.destroy();
  }
}

/** Messages on the error channels, and on ones that there are not, mean nothing. */
async function deliver(client: WebSocketEnd, connections: PodConnection[]): Promise<void> {
  let channel: number | undefined;
  for await (const { first, bytes } of client.parts()) {
    if (first) channel = bytes[0];
    const payload = first ? bytes.subarray(1) : bytes;
    const isData = channel !== undefined && channel % 2 === 0;
    if (isData && payload.length > 0) await connections[channel! / 2]?.write(payload);
  }
}
