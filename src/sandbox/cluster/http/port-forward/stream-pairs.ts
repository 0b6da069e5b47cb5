// Port-forward over SPDY: for each connection the client opens two streams that name the same request, first one for errors,
// then one for data. https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/client-go/tools/portforward/portforward.go

import { errorText, type Pod } from "./error-text.ts";
import type { PodConnection } from "./pod-connection.ts";
import type { OpenStream, SpdyStream, StreamReader } from "./spdy-session.ts";

export type Connect = (port: number, deliver: (bytes: Buffer) => Promise<void>) => PodConnection;

export function pairStreams(pod: Pod, connect: Connect): OpenStream {
  const waiting = new Map<string, SpdyStream>();
  return (stream) => {
    const request = stream.headers.get("requestid") ?? "";
    const port = portOf(stream.headers.get("port"));
    const type = stream.headers.get("streamtype");
    const errors = waiting.get(request);
    if (request === "" || port === undefined) return undefined;
    if (type === "error" && errors === undefined) {
      waiting.set(request, stream);
      return { data: async () => {}, ended: () => {}, reset: () => void waiting.delete(request) };
    }
    if (type !== "data" || errors === undefined) return undefined;
    waiting.delete(request);
    return forward({ data: stream, errors }, { pod, port, connect });
  };
}

interface Pair {
  data: SpdyStream;
  errors: SpdyStream;
}

function forward(pair: Pair, { pod, port, connect }: { pod: Pod; port: number; connect: Connect }): StreamReader {
  const connection = connect(port, (bytes) => pair.data.send(bytes));
  void connection.over.then(async (over) => {
    // A reset tells the local program that its connection broke; an error text would make kubectl end the whole tunnel.
    if (over.kind === "broken") pair.data.reset();
    if (over.kind === "refused") await pair.errors.send(Buffer.from(errorText(port, pod, over.why)));
    pair.errors.end();
    pair.data.end();
  });
  return {
    data: (bytes) => connection.write(bytes),
    ended: () => connection.end(),
    reset: () => connection.destroy(),
  };
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
