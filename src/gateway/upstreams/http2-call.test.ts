// Requests over HTTP/2 that are given up leave nothing behind on the connection.

import { once } from "node:events";
import { connect, createServer } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Http2Call } from "./http2-call.ts";

test.each([
  ["all of which has come unread", 200_000],
  ["that is still coming", 5_000_000],
])(
  "given up in the middle of an answer %s, it does not keep its connection",
  async (_, bytes) => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.respond({ ":status": 200 });
      stream.end(Buffer.alloc(bytes));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const session = connect(`http://127.0.0.1:${(server.address() as { port: number }).port}`, {
      settings: { initialWindowSize: 1_000_000 },
    });
    session.on("connect", () => session.setLocalWindowSize(1_000_000));
    const failed = new Promise<void>((resolve) => {
      const call = new Http2Call(
        { path: "/", method: "GET", scheme: "http", headers: ["host", "a"], body: null, trailers: undefined },
        {
          onResponseData(controller) {
            controller.pause();
            // So that the rest comes meanwhile.
            void sleep(200).then(() => call.abort());
          },
          onResponseError: () => resolve(),
        },
      );
      call.start(session);
    });
    await failed;
    const closed = once(session, "close");
    session.close();
    await closed;
    expect(session.destroyed).toBe(true);
    server.close();
  },
  5_000,
);
