// A port that never lets anybody in: its queue of connections is full, and nobody takes one out of it, so that the next clients'
// first packets are left without an answer. (Node accepts at once; a thread that stands still does not.)

import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

const PROGRAM = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { createServer } = require("node:net");
  createServer().listen({ ...workerData.place, backlog: 1 }, function () {
    parentPort.postMessage(this.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(workerData.stop), 0, 0));
  });
`;
/** The queue takes one more than it is said to. */
const QUEUE = 2;

export interface DeafPort {
  port: number;
  close(): void;
}

export async function listenDeaf(place: { host: string; port: number }): Promise<DeafPort> {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(PROGRAM, { eval: true, workerData: { place, stop } });
  const port = await new Promise<number>((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const queued: Socket[] = [];
  for (let i = 0; i < QUEUE; i++) queued.push(await connected({ host: place.host, port }));
  return {
    port,
    close() {
      for (const socket of queued) socket.destroy();
      Atomics.notify(new Int32Array(stop), 0);
      void worker.terminate();
    },
  };
}

function connected(place: { host: string; port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(place, () => resolve(socket));
    socket.once("error", reject);
  });
}
