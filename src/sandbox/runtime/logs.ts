// The logs of pods: one folder per pod, one file per run of its container. Read back for `kubectl logs`.

import { readdirSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "../../core/kubernetes/workload.ts";
import type { Clock } from "../../ports/clock.ts";
import { ClusterError } from "../../ports/cluster.ts";
import type { PodLogOptions, PodLogs } from "../../ports/pod-logs.ts";
import { selectRecords, textOf } from "./log-records.ts";
import { LogFile, olderHalf } from "./process/log-file.ts";

export interface LogStore {
  podLogs: PodLogs;
  open: (pod: Pod, restartCount: number) => LogFile;
  remove: (pod: Pod) => Promise<void>;
  /** Removes the logs of pods that are no more. */
  sweep: (pods: Pod[]) => Promise<void>;
}

type PodName = { namespace: string; name: string; uid: string };

export function logStore(homeDir: string, clock: Clock): LogStore {
  const root = join(homeDir, "pods");
  const running = new Map<string, LogFile>();

  return {
    podLogs: { read },
    sweep,
    open(pod, restartCount) {
      const file = new LogFile(join(dirOf(nameOf(pod)), `${restartCount}.log`), clock);
      running.set(pod.metadata.uid!, file);
      return file;
    },
    async remove(pod) {
      running.delete(pod.metadata.uid!);
      await rm(dirOf(nameOf(pod)), { recursive: true, force: true });
    },
  };

  async function sweep(pods: Pod[]): Promise<void> {
    const kept = new Set(pods.map((pod) => dirOf(nameOf(pod))));
    const all = await readdir(root).catch(() => []);
    const left = all.map((name) => join(root, name)).filter((path) => !kept.has(path));
    await Promise.all(left.map((path) => rm(path, { recursive: true, force: true })));
  }

  function dirOf({ namespace, name, uid }: PodName): string {
    return join(root, `${namespace}_${name}_${uid}`);
  }

  async function* read(pod: PodName, options: PodLogOptions): AsyncIterable<string> {
    const current = running.get(pod.uid);
    await current?.flush();
    const path = pathOf(pod, options.previous ?? false, current);
    const live = current?.path === path ? current : undefined;
    // From here to the subscription nothing may wait, or a line could fall between the two.
    const text = readHalves(path) + (live?.pending ?? "");
    const coming = options.follow && live !== undefined ? follow(live, options.signal) : nothing();
    const stored = selectRecords(text.split("\n").filter(Boolean), options);
    const toLine = (record: string) => textOf(record, options.timestamps ?? false);
    yield* limited(chain(stored, coming), toLine, options.limitBytes ?? Number.POSITIVE_INFINITY);
  }

  function pathOf(pod: PodName, previous: boolean, current: LogFile | undefined): string {
    const runs = runsOf(dirOf(pod));
    const newest = current?.path ?? runs.at(-1);
    if (!previous) {
      if (newest !== undefined) return newest;
      throw new ClusterError(
        "BadRequest",
        `container in pod "${pod.name}" is waiting to start: see its waiting reason`,
      );
    }
    const before = runs.filter((path) => path !== newest).at(-1);
    if (before !== undefined) return before;
    throw new ClusterError("BadRequest", `previous terminated container in pod "${pod.name}" not found`);
  }
}

async function* chain(stored: string[], coming: AsyncIterable<string>): AsyncIterable<string> {
  yield* stored;
  yield* coming;
}

async function* nothing(): AsyncIterable<string> {}

async function* limited(
  records: AsyncIterable<string>,
  toLine: (record: string) => string,
  limitBytes: number,
): AsyncIterable<string> {
  let leftBytes = limitBytes;
  for await (const record of records) {
    const line = toLine(record);
    yield cut(line, leftBytes);
    leftBytes -= Buffer.byteLength(line);
    if (leftBytes <= 0) return;
  }
}

function cut(line: string, leftBytes: number): string {
  return Buffer.byteLength(line) <= leftBytes ? line : Buffer.from(line).subarray(0, leftBytes).toString("utf8");
}

/** Oldest first. */
function runsOf(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return [];
  }
  const numbers = names.flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b).map((number) => join(dir, `${number}.log`));
}

function readHalves(path: string): string {
  return readIfThere(olderHalf(path)) + readIfThere(path);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Subscribes at once, not at the first reading. Ends with the run of the container, or with the signal. */
function follow(log: LogFile, signal: AbortSignal | undefined): AsyncIterable<string> {
  const records: string[] = [];
  let wake = () => {};
  let open = signal?.aborted !== true;
  const close = () => {
    open = false;
    unsubscribe();
    wake();
  };
  const unsubscribe = log.onRecord((record) => {
    records.push(record.slice(0, -1));
    wake();
  });
  signal?.addEventListener("abort", close, { once: true });
  void log.ended.then(close);
  return drain();

  async function* drain(): AsyncIterable<string> {
    try {
      for (;;) {
        while (records.length > 0) yield records.shift()!;
        if (!open) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      unsubscribe();
      signal?.removeEventListener("abort", close);
    }
  }
}

function nameOf({ metadata }: Pod): PodName {
  return { namespace: metadata.namespace ?? "", name: metadata.name, uid: metadata.uid ?? "" };
}
