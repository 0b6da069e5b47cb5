// serin explain-route: why a request goes where it goes, from the routes as they are now.

import { percent } from "../../core/analysis/decision-card.ts";
import type { ExplainedDestination, RouteExplanation, RouteRequest } from "../../core/traffic/explanation.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { addCommonOptions, collect, outputOption, portNumber } from "../options.ts";
import { usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";

interface ExplainOptions {
  method: string;
  header?: string[];
  port?: number;
  output?: string;
}

export const define: Define = (command, act) => {
  command
    .argument("<url>", "as a client would write it: http://localhost:8080/path, or host/path")
    .option("-X, --method <method>", "HTTP method", "GET")
    .option("-H, --header <line>", 'request header, "name: value"; repeatable', collect)
    .option(
      "--port <number>",
      "port of the Gateway that the request comes in at (default: 80, with https 443)",
      portNumber,
    )
    .addOption(outputOption("json"));
  addCommonOptions(command);
  act(explainRoute);
};

async function explainRoute(session: Session, [url]: string[], options: ExplainOptions): Promise<number> {
  const request = requestOf(url!, options);
  const { cluster } = await session.connect();
  const explanation = await session.world.explainRoute(cluster, request);
  if (options.output === "json") session.print(JSON.stringify({ request, ...explanation }, null, 2));
  else if (options.output !== undefined)
    throw usageProblem(`unknown output format "${options.output}"`, "Formats: json");
  else for (const line of lines(session, request, explanation)) session.print(line);
  return EXIT.ok;
}

export function requestOf(text: string, { method, header = [], port }: ExplainOptions): RouteRequest {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw usageProblem(`"${text}" is no URL of a request`, "Write it like http://localhost:8080/path");
  const headers: Record<string, string> = {};
  for (const line of header) {
    const colon = line.indexOf(":", 1);
    if (colon === -1) throw usageProblem(`header "${line}" has no colon`, 'Write it like -H "x-user: jane"');
    headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return {
    host: headers.host ?? url.host,
    method: method.toUpperCase(),
    path: `${url.pathname}${url.search}`,
    headers,
    port: port ?? (url.protocol === "https:" ? 443 : 80),
  };
}

function lines({ paint, glyphs }: Session, request: RouteRequest, explanation: RouteExplanation): string[] {
  const steps = explanation.steps.map(({ taken, text }) =>
    paint(taken ? undefined : "dim", `  ${taken ? glyphs.ok : glyphs.idle} ${text}`),
  );
  return [
    paint("bold", `${request.method} ${request.host}${request.path} at gateway port ${request.port ?? 80}`),
    ...steps,
    ...ending(explanation),
  ];
}

function ending({ destinations, answer }: RouteExplanation): string[] {
  if (answer?.code === 0) return [`=> not answered: ${answer.reason}`];
  if (answer !== undefined) return [`=> answered by the gateway itself: ${answer.code} ${answer.reason}`];
  return destinations.map((destination) => `=> ${destinationText(destination)}`);
}

function destinationText({ host, subset, port, share, readyEndpoints }: ExplainedDestination): string {
  const name = `${host}${subset === undefined ? "" : ` subset ${subset}`}${port === undefined ? "" : ` port ${port}`}`;
  const ready = readyEndpoints.length === 0 ? "no ready endpoint: 503" : readyEndpoints.join(", ");
  return `${percent(share)} to ${name} (${ready})`;
}
