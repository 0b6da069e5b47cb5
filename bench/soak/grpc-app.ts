// The gRPC half of a pod: grpc-js answers calls of every kind, each with the pod's version before the messages and trailers after.

import { setTimeout as sleep } from "node:timers/promises";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { App } from "./app.ts";
import { COUNT_EVERY_MS, COUNTED, HEARD, LATE_MS, LEFT, METHODS } from "./grpc-method.ts";

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void;

export async function startGrpcApp(version: string, address: string, port: number): Promise<App> {
  const server = new Server();
  server.addService(METHODS, handlersOf(version));
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return { end: (graceMs) => endGracefully(server, graceMs) };
}

function handlersOf(version: string) {
  const head = new Metadata();
  head.set("x-echo-version", version);
  return {
    Say: ((call, done) => {
      call.sendMetadata(head);
      done(null, call.request, trailersOf(call, call.request.length));
    }) satisfies Unary,
    Late: ((call, done) => {
      const timer = setTimeout(() => done(null, call.request), LATE_MS);
      call.on("cancelled", () => clearTimeout(timer));
    }) satisfies Unary,
    Miss: ((call, done) => {
      call.sendMetadata(head);
      const metadata = trailersOf(call, call.request.length);
      done({ code: status.NOT_FOUND, details: "not here", metadata });
    }) satisfies Unary,
    Collect(call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
      call.sendMetadata(head);
      const parts: Buffer[] = [];
      call.on("data", (part: Buffer) => parts.push(part));
      call.on("end", () => {
        const all = Buffer.concat(parts);
        done(null, all, trailersOf(call, all.length));
      });
    },
    async Count(call: ServerWritableStream<Buffer, Buffer>) {
      call.sendMetadata(head);
      for (let i = 0; i < COUNTED && !call.cancelled; i++) {
        call.write(call.request);
        await sleep(COUNT_EVERY_MS);
      }
      call.end(trailersOf(call, call.request.length));
    },
    Chat(call: ServerDuplexStream<Buffer, Buffer>) {
      call.sendMetadata(head);
      let bytes = 0;
      call.on("data", (part: Buffer) => {
        bytes += part.length;
        call.write(part);
      });
      call.on("end", () => call.end(trailersOf(call, bytes)));
    },
  };
}

function trailersOf(call: { getDeadline(): Date | number }, bytes: number): Metadata {
  const metadata = new Metadata();
  metadata.set(HEARD, String(bytes));
  metadata.set(LEFT, String(Number(call.getDeadline()) - Date.now()));
  return metadata;
}

function endGracefully(server: Server, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const kill = setTimeout(() => {
      server.forceShutdown();
      // Its sessions would wait for their peers to hang up.
      resolve(false);
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(kill);
      resolve(true);
    });
  });
}
