// The program of an endpoint's pod on a cluster: it passes every connection on to the fleet, which answers in the endpoint's name and
// sees all attempts in one order. Bytes pass as they are, so that every protocol and every way to break it works as in process.
//   node fleet-relay.ts FLEET_ADDRESS [PORT:FLEET_PORT | PORT:deaf]...

import { connect, createServer, type Socket } from "node:net";
import { listenDeaf } from "./fleet-deaf.ts";

const [fleetAddress, ...ports] = process.argv.slice(2);

for (const pair of ports) {
  const [port, fleetPort] = pair.split(":").map(Number) as [number, number];
  if (pair.endsWith(":deaf")) {
    await listenDeaf({ host: "0.0.0.0", port });
    continue;
  }
  createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    join(socket, connect({ host: fleetAddress!, port: fleetPort, allowHalfOpen: true, noDelay: true })),
  ).listen(port);
}
// Without ports nobody listens, and connections are refused: the process stays nevertheless, so that the pod is ready.
setInterval(() => {}, 2 ** 30);
process.once("SIGTERM", () => process.exit(0));

function join(left: Socket, right: Socket): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.pipe(to);
    // A reset goes on as one.
    from.on("error", () => to.resetAndDestroy());
    from.on("close", () => to.destroySoon());
  }
}
