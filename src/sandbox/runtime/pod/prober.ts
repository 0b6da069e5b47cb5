// Runs the probes of one container run: startup first, then readiness and liveness, each on its own clock.

import type { Container } from "../../../core/kubernetes/workload.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Answer } from "./ask.ts";
import { type ProbeName, type ProbeTarget, probesOf, targetOf, timingOf } from "./probe-spec.ts";
import { firstState, probeStep } from "./probe-state.ts";

export interface ProberOptions {
  container: Container;
  clock: Clock;
  ask: (target: ProbeTarget, timeoutMs: number) => Promise<Answer>;
  /** The startup probe succeeded, or there is none. */
  onStarted: () => void;
  onReady: (ready: boolean) => void;
  /** The liveness or startup probe gave up: the container must end. */
  onUnhealthy: (name: ProbeName, message: string) => void;
  /** A failure that counts. */
  onFailure: (name: ProbeName, message: string) => void;
}

/** Returns the function that stops all. */
export function startProber(options: ProberOptions): () => void {
  const { container } = options;
  const declared = new Map(probesOf(container));
  const stops: (() => void)[] = [];
  let stopped = false;

  if (declared.has("startupProbe")) {
    run("startupProbe", (healthy, message) => {
      if (!healthy) return options.onUnhealthy("startupProbe", message);
      started();
      return "stop";
    });
  } else started();

  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };

  function started(): void {
    options.onStarted();
    if (declared.has("readinessProbe")) run("readinessProbe", options.onReady);
    else options.onReady(true);
    run("livenessProbe", (healthy, message) => {
      if (!healthy) options.onUnhealthy("livenessProbe", message);
    });
  }

  function run(name: ProbeName, report: (healthy: boolean, message: string) => unknown): void {
    const probe = declared.get(name);
    if (probe === undefined || stopped) return;
    const loop = probeLoop(name, options, report);
    stops.push(loop);
  }
}

function probeLoop(
  name: ProbeName,
  { container, clock, ask, onFailure }: ProberOptions,
  report: (healthy: boolean, message: string) => unknown,
): () => void {
  const probe = container[name]!;
  const timing = timingOf(probe);
  const target = targetOf(probe, container);
  let state = firstState(name);
  let stopped = false;
  const firstAtMs = clock.now() + timing.initialDelayMs;
  let cancel = clock.after(timing.initialDelayMs, () => void attempt());

  return () => {
    stopped = true;
    cancel();
  };

  async function attempt(): Promise<void> {
    const answer = await once();
    if (stopped) return;
    const message = answer.ok ? "" : answer.message;
    const nowMs = clock.now();
    const step = probeStep(state, answer.ok ? "success" : "failure", { name, timing }, nowMs, nowMs - firstAtMs);
    if (!answer.ok && step.counted) onFailure(name, message);
    const changed = step.state.healthy !== state.healthy;
    state = step.state;
    if (changed && state.healthy !== undefined && report(state.healthy, message) === "stop") return;
    if (!stopped) cancel = clock.after(step.nextInMs, () => void attempt());
  }

  function once(): Promise<Answer> {
    if (target !== undefined) return ask(target, timing.timeoutMs);
    return Promise.resolve({
      ok: false,
      message: `the probe names a port that spec.containers[0].ports does not have`,
    });
  }
}
