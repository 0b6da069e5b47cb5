// wrk, the client: one thread, a closed loop over so many connections, requests spread over all routes in turn.

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Body, LARGE_BYTES } from "./cells.ts";

const run = promisify(execFile);

export interface WrkResult {
  requests: number;
  /** Read, heads included. */
  bytes: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** Connections that failed, answers other than 2xx and 3xx, time-outs. */
  failed: number;
}

export interface Load {
  port: number;
  connections: number;
  body: Body;
  routes: number;
  seconds: number;
}

/** Tells the counts exactly, as one line; wrk's own text rounds them. */
const SCRIPT = `
local requests, n, i = {}, 0, 0
function init(args)
  local method, routes, body = args[1], tonumber(args[2]), nil
  if args[4] ~= "0" then body = string.rep("b", tonumber(args[4])) end
  for route = 0, routes - 1 do
    requests[route + 1] = wrk.format(method, "/service-" .. route .. "/" .. args[3], nil, body)
  end
  n = routes
end
function request()
  i = i % n + 1
  return requests[i]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('@{"requests":%d,"bytes":%.0f,"us":%d,"failed":%d,"p50":%d,"p99":%d}\\n', summary.requests,
    summary.bytes, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`;

export function writeScript(home: string): string {
  const file = join(home, "wrk.lua");
  writeFileSync(file, SCRIPT);
  return file;
}

export async function runWrk(wrk: string, script: string, load: Load): Promise<WrkResult> {
  const { port, connections, body, routes, seconds } = load;
  const upload = body === "upload";
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script];
  const own = [upload ? "POST" : "GET", String(routes), body, upload ? String(LARGE_BYTES) : "0"];
  const { stdout } = await run(wrk, [...args, `http://127.0.0.1:${port}/`, "--", ...own]);
  const line = /^@(.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk told no result: ${stdout}`);
  const told = JSON.parse(line) as Record<"requests" | "bytes" | "us" | "failed" | "p50" | "p99", number>;
  return {
    requests: told.requests,
    bytes: told.bytes,
    seconds: told.us / 1e6,
    p50Ms: told.p50 / 1_000,
    p99Ms: told.p99 / 1_000,
    failed: told.failed,
  };
}
