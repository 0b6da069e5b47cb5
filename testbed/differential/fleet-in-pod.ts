// The fleet as a program of its own, in a pod: every port of every endpoint is one of its ports (the endpoints' pods pass their
// connections on to it, fleet-relay.ts), and plans and attempts are asked over one more.
//   node fleet-in-pod.ts

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type SeenAttempt, startFleet } from "./fleet.ts";
import { CONTROL_PORT, type FleetRequest, fleetPortOf } from "./fleet-ports.ts";

const fleet = await startFleet((endpoint, which) => ({ host: "0.0.0.0", port: fleetPortOf(endpoint, which) }));

const control = createServer((request, response) => void answer(request, response));
// A port-forward tells of a closed connection late: one that is kept must not be closed under the next request.
control.keepAliveTimeout = 0;
control.listen(CONTROL_PORT);
process.once("SIGTERM", () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk as string;
  response.end(JSON.stringify(await obey(JSON.parse(text) as FleetRequest)));
}

async function obey(request: FleetRequest): Promise<SeenAttempt[]> {
  if ("take" in request) return await fleet.take(request.take);
  await fleet.expect(request.expect, request.plan);
  return [];
}
