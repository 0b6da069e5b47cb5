// `serin load`: the open-loop client with the command's options, and its tally as the command's report.

import type { LoadOptions, LoadReport } from "../cli/world.ts";
import { startOpenLoop } from "../load/open-loop.ts";
import { NO_VERSION, Tally } from "../load/tally.ts";
import type { Clock } from "../ports/clock.ts";

const PROGRESS_MS = 1_000;

export async function runLoad(options: LoadOptions, clock: Clock): Promise<LoadReport> {
  const { url, ratePerSecond, headers, concurrency, requests, durationMs, signal } = options;
  const tally = new Tally();
  const startedMs = clock.now();
  const load = startOpenLoop(
    { url, ratePerSecond, headers, maxInFlight: concurrency, ...(requests !== undefined && { requests }) },
    tally,
  );
  const stop = (): void => void load.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const cancel = durationMs === undefined ? undefined : clock.after(durationMs, stop);
  const report = (): LoadReport => ({ ...reportOf(tally), elapsedMs: clock.now() - startedMs });
  const progress = setInterval(() => options.onProgress?.(report()), PROGRESS_MS);
  await load.finished;
  clearInterval(progress);
  cancel?.();
  signal.removeEventListener("abort", stop);
  return report();
}

function reportOf(tally: Tally): Omit<LoadReport, "elapsedMs"> {
  const { sent, versions, codes, latencyMs } = tally.read();
  const named = Object.entries(versions).map(([version, { ok, failed }]) => [
    version === NO_VERSION ? "other" : version,
    { answers: ok + failed, errors: failed },
  ]);
  return { sent, versions: Object.fromEntries(named) as LoadReport["versions"], codes, latencyMs };
}
