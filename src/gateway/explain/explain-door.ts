// Between the bindings and the routes of an explanation: does the port speak TLS, and which of its servers has the name that the client
// asks for. The name is taken to be the request's host, as with every client that does nothing special.

import type { ExplanationStep, RouteExplanation } from "../../core/traffic/explanation.ts";
import { findByHost } from "../routing/match.ts";
import type { RouteTable, VirtualHosts } from "../routing/table.ts";
import { explainSplit } from "./explain-action.ts";

interface Door {
  scheme: "http" | "https";
  hosts: VirtualHosts | undefined;
}

/** The hosts behind it, or where the way ends there. */
export function explainDoor(
  table: RouteTable,
  port: number,
  host: string,
  steps: ExplanationStep[],
): Door | RouteExplanation {
  const tls = table.tls.get(port);
  if (tls === undefined) return { scheme: "http", hosts: table.ports.get(port) };
  const server = findByHost(tls.servers, host);
  const say = (taken: boolean, text: string) => void steps.push({ taken, text });
  switch (server?.kind) {
    case "terminate":
      say(true, `TLS: ${server.key} has the server name ${host}, and routes of its own`);
      return { scheme: "https", hosts: server.hosts };
    case "passthrough":
      say(true, `TLS: ${server.key} passes connections for ${host} through as they are`);
      return { steps, destinations: explainSplit(table, server.action, steps) };
    case "closed":
      say(false, `TLS: ${server.key} has no certificate that can be used`);
      return { steps, destinations: [], answer: closed(`its server has no certificate`) };
    case undefined:
      return { steps, destinations: [], answer: closed(`no TLS server at port ${port} has the name ${host}`) };
  }
}

/** Code 0: there is no answer. */
function closed(why: string): { code: number; reason: string } {
  return { code: 0, reason: `the connection is closed, since ${why}` };
}
