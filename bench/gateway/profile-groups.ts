// Where the gateway's time goes, in words a reader understands, from a CPU profile of V8. Pure.

/** https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

export interface Spent {
  name: string;
  micros: number;
}

/**
 * Writing to a socket. The profiler looks at the clock on the wall, and whoever writes may be put aside for the one who reads: so this
 * share is not taken from the profile but from the kernel's own count of system time.
 */
export const KERNEL = "the kernel: reading, writing and waiting for sockets";
/** The first pattern that a frame's place fits names its group. */
const GROUPS: readonly [RegExp, string][] = [
  [/^native:(write|writev|shutdown|readStart)/, KERNEL],
  [/^\(garbage collector\)/, "garbage collection"],
  [/^\(program\)/, "Node's native code, its part of reading included"],
  [/gateway\/telemetry\//, "access log and statistics"],
  [
    /gateway\/(routing\/|exchange\/(request-view|entrance)|compile\/route-index|upstreams\/(live-table|split|turns|balance|hash)|random)/,
    "routing, split, choice of endpoint",
  ],
  [/gateway\/(wire\/headers|exchange\/forward-headers|clients\/client-request)/, "header work of the gateway"],
  [/gateway\/(wire|clients|upstreams)\//, "HTTP/1.1: connections, heads, Node's parser"],
  [/gateway\//, "exchange, attempts, the rest of the gateway"],
  [/node:(net|internal\/(stream|streams|net|tty|js_stream)|stream|_stream)/, "sockets and streams (Node's JavaScript)"],
  [/node:(internal\/timers|timers)/, "timers"],
  [/node:(events|internal\/(process\/task_queues|async_hooks|abort|event))/, "events, ticks, promises"],
  [/node:/, "other modules of Node"],
];
const REST = "anything else";
const NOT_WORK = new Set(["(idle)", "(root)"]);

/** Of user time. */
export interface Profile {
  busyMicros: number;
  groups: Spent[];
  functions: Spent[];
}

/** Only what ran `since` then, in microseconds from the profile's beginning: start-up is not work for requests. */
export function readProfile({ nodes, samples, timeDeltas }: CpuProfile, sinceMicros: number): Profile {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  let [busyMicros, at] = [0, 0];
  for (const [i, id] of samples.entries()) {
    const micros = timeDeltas[i]!;
    at += micros;
    const { callFrame } = byId.get(id)!;
    if (at < sinceMicros || NOT_WORK.has(callFrame.functionName)) continue;
    const group = groupOf(id);
    if (group === KERNEL) continue;
    busyMicros += micros;
    add(groups, group, micros);
    add(functions, frameText(callFrame), micros);
  }
  return { busyMicros, groups: sorted(groups), functions: sorted(functions) };

  /** A built-in function's time belongs to whoever called it, except for writes. */
  function groupOf(id: number): string {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const { functionName, url } = byId.get(at)!.callFrame;
      const place = url === "" ? (functionName.startsWith("(") ? functionName : `native:${functionName}`) : url;
      const group = GROUPS.find(([pattern]) => pattern.test(place))?.[1];
      if (group !== undefined) return group;
      if (url !== "") return REST;
    }
    return REST;
  }
}

function frameText({ functionName, url, lineNumber }: CallFrame): string {
  const place = url.replace(/^file:\/\/.*?\/(?=src\/|node_modules\/)/, "").replace("node_modules/", "");
  return `${functionName || "(anonymous)"}${place === "" ? "" : ` ${place}:${lineNumber + 1}`}`;
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function sorted(sums: ReadonlyMap<string, number>): Spent[] {
  return [...sums].map(([name, micros]) => ({ name, micros })).sort((a, b) => b.micros - a.micros);
}
