// curl as a client: what came of a request to a name that is at a port of this machine.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Certificate } from "./certificates.ts";

const run = promisify(execFile);

export interface CurlOptions {
  scheme?: "http" | "https";
  path?: string;
  /** Whose certificates are believed; absent: anybody's. */
  authorityFile?: string;
  /** What it shows when it is asked. */
  as?: Certificate;
  args?: readonly string[];
}

export type CurlAnswer =
  | { status: number; version: string; location: string; body: string }
  /** No answer: the connection could not be made, or ended. curl's own words, for a person to read. */
  | { closed: string };

export async function curl(name: string, port: number, options: CurlOptions = {}): Promise<CurlAnswer> {
  const { scheme = "https", path = "/", authorityFile, as, args = [] } = options;
  const all = [
    ...["--silent", "--show-error", "--max-time", "5", "--resolve", `${name}:${port}:127.0.0.1`],
    ...(authorityFile === undefined ? ["--insecure"] : ["--cacert", authorityFile]),
    ...(as === undefined ? [] : ["--cert", as.certificateFile, "--key", as.keyFile]),
    ...["--write-out", "\n%{http_code} %{http_version} %{redirect_url}", ...args],
    `${scheme}://${name}:${port}${path}`,
  ];
  try {
    const { stdout } = await run("curl", all);
    const [, body, status, version, location] = /^([^]*)\n(\d+) (\S+) (.*)$/.exec(stdout)!;
    return { status: Number(status), version: version!, location: location!, body: body! };
  } catch (error) {
    return { closed: (error as { stderr: string }).stderr.trim() };
  }
}
