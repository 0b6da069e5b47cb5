// Bugs planted in a copy of the gateway, one line each: the suite is worth something only if it finds every one of them.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { startGateway } from "../../src/gateway/start.ts";

export interface PlantedBug {
  name: string;
  file: string;
  /** Must occur exactly once in the file. */
  line: string;
  instead: string;
  /** Cases of this feature are asked first, where most others cannot show it. */
  shownBy: string | undefined;
}

const bug = (name: string, file: string, line: string, instead: string, shownBy?: string): PlantedBug => ({
  name,
  file,
  line,
  instead,
  shownBy,
});

export const PLANTED: readonly PlantedBug[] = [
  bug(
    "a wildcard before the exact host",
    "match.ts",
    "if (exact !== undefined) return exact;",
    "const wide = hosts.suffixLengths.map((length) => hosts.suffixes.get(host.slice(-length))).find(Boolean); if (exact !== undefined) return wide ?? exact;",
  ),
  bug("the shortest wildcard wins", "by-host.ts", "sort((a, b) => b - a)", "sort((a, b) => a - b)"),
  bug(
    "a prefix matches anywhere",
    "match.ts",
    "path.toLowerCase() : path).startsWith(match.value)",
    "path.toLowerCase() : path).includes(match.value)",
  ),
  bug(
    "an exact match forgets ignoreUriCase",
    "compile-match.ts",
    "ignoreCase ? test.value.toLowerCase() : test.value",
    "test.value",
  ),
  bug(
    "a regex needs to match a part only",
    "compile-match.ts",
    "compiled.matches(text)",
    "compiled.matcher(text).find()",
  ),
  bug("withoutHeaders is not inverted", "match.ts", "return !anyMatches(test,", "return anyMatches(test,"),
  bug(
    "only the last value of a query parameter is looked at",
    "match.ts",
    'query.split("&")',
    'query.split("&").reverse()',
  ),
  bug(
    "a repeated header is joined",
    "request-view.ts",
    'JOINED_REQUEST.has(name) ? [values.join(",")] : values',
    '[values.join(",")]',
  ),
  bug(
    "destinations without weight get a share",
    "compile-action.ts",
    "entry.weight ?? 0",
    "entry.weight ?? 100",
    "weights",
  ),
  bug(
    "weights are swapped",
    "live-table.ts",
    "destinations.map(({ weight }) => weight)",
    "destinations.map(({ weight }) => weight).toReversed()",
    "weights",
  ),
  bug(
    "all weights are equal",
    "live-table.ts",
    "destinations.map(({ weight }) => weight)",
    "destinations.map(() => 1)",
    "weights",
  ),
  bug(
    "a subset is all of the Service",
    "compile-clusters.ts",
    ".filter(({ pod }) => hasLabels(pod, settings.labels))",
    "",
  ),
  bug(
    "the Service's first port is always taken",
    "service-directory.ts",
    "if (wanted !== undefined) return wanted;",
    "",
  ),
  bug(
    "headers are added before they are set",
    "compile-headers.ts",
    "...compileWrites(operations.set, false, `${field}.set`, complain),",
    "...compileWrites(operations.set, true, `${field}.set`, complain),",
  ),
  bug("removals are forgotten", "headers.ts", "operations.remove.length === 0 ? list", "true ? list"),
  bug(
    "Host is not rewritten by a destination",
    "forward-headers.ts",
    "last ?? destination.authority ?? view.authority",
    "last ?? view.authority",
  ),
  bug(
    "a rewritten prefix keeps what it replaced",
    "rewrite.ts",
    "return replacement + path.slice(matched.value.length);",
    "return replacement + path;",
  ),
  bug("a rewrite drops the query", "rewrite.ts", "`${rewritten}?${query}`", "rewritten"),
  bug(
    "redirects are temporary by default",
    "compile-action.ts",
    "redirect.redirectCode || 301",
    "redirect.redirectCode || 302",
  ),
  bug("one retry too few", "retries.ts", "attempts > this.policy.attempts", "attempts >= this.policy.attempts"),
  bug("503 is retried by default", "compile-action.ts", "statusCodes: new Set(),", "statusCodes: new Set([503]),"),
  bug(
    "5xx does not cover resets",
    "retry.ts",
    'if (on.has("5xx") || on.has("gateway-error")',
    'if (on.has("gateway-error")',
  ),
  bug(
    "time limits of one try are ignored",
    "compile-action.ts",
    "duration(retries.perTryTimeout, `${field}.perTryTimeout`, complain) || undefined",
    "undefined",
    "timeouts",
  ),
  bug(
    "a time-out is a 503",
    "local-reply.ts",
    'reply(504, "upstream request timeout"',
    'reply(503, "upstream request timeout"',
  ),
  bug("dot segments stay", "target.ts", 'if (dots === "..") out.pop();', ""),
  bug(
    "x-forwarded-for of the client is trusted alone",
    "headers.ts",
    '[...claimed.filter((each) => each !== ""), remoteAddress]',
    "(claimed.length > 0 ? claimed : [remoteAddress])",
  ),
  bug(
    "a fault without percentage happens to everybody",
    "compile-filters.ts",
    "percentage?.value ?? 0",
    "percentage?.value ?? 100",
    "faults",
  ),
  bug("percentages are taken for shares of one", "compile-filters.ts", "value * 10_000", "value * 1_000_000", "faults"),
  bug(
    "a mirror gets no body",
    "mirror.ts",
    "client.bodySource === undefined ? null : copyOf(client.bodySource)",
    "null",
    "mirrors",
  ),
  bug("a prefix of an HTTPRoute ends anywhere", "match.ts", 'path[match.value.length] === "/"', "true", "HTTPRoute"),
  bug(
    "rules of HTTPRoutes are tried in the order in which they are written",
    "gateway-api/matches.ts",
    "pathRank(b.uri) - pathRank(a.uri) ||",
    "0 ||",
    "HTTPRoute",
  ),
  bug(
    "a grant opens a namespace to every kind of route",
    "gateway-api/destinations.ts",
    "each.group === GROUP && each.kind === from.kind &&",
    "each.group === GROUP &&",
    "HTTPRoute",
  ),
  bug("every request is mirrored", "mirror.ts", "if (!happens(mirror, gate.live.random)) continue;", "", "mirrors"),
];

const source = join(import.meta.dirname, "..", "..", "src");
/** Read once: all copies are of the gateway that was compared. */
const gateway = new Map(
  readdirSync(join(source, "gateway"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => [file, readFileSync(join(source, "gateway", file), "utf8")]),
);
const home = join(import.meta.dirname, "..", "..", ".cache", "planted");
let copies = 0;

/** The start function of a copy of the gateway with the bug in it. */
export async function plant({ name, file, line, instead }: PlantedBug): Promise<typeof startGateway> {
  const parts = (gateway.get(file) ?? "").split(line);
  if (parts.length !== 2)
    throw new Error(`the bug "${name}" cannot be planted: ${file} holds its line ${parts.length - 1} times: ${line}`);
  const copy = join(home, `${process.pid}-${++copies}`, "src");
  mkdirSync(join(copy, "gateway"), { recursive: true });
  for (const room of readdirSync(source)) if (room !== "gateway") symlinkSync(join(source, room), join(copy, room));
  for (const [each, text] of gateway) {
    mkdirSync(dirname(join(copy, "gateway", each)), { recursive: true });
    writeFileSync(join(copy, "gateway", each), text);
  }
  writeFileSync(join(copy, "gateway", file), parts.join(instead));
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(copy, "gateway", "start.ts")).href)) as {
    startGateway: typeof startGateway;
  };
  return module.startGateway;
}

export function plantedHome(): string {
  return home;
}
