// One run of a container: its process from start to exit, with probes, hooks and a graceful end.
//
// At the end of a pod: out of the endpoints, then the preStop hook, then TERM, then KILL when the grace is over. A real
// kubelet does not wait for the endpoints; here the order is certain.

import type { Pod } from "../../../core/kubernetes/workload.ts";
import type { CatalogueEntry } from "../catalogue/entry.ts";
import { timeText } from "../events.ts";
import { dialTarget, type PodAddress } from "../process/addresses.ts";
import { wildcardPorts } from "../process/listeners.ts";
import { type PodProcess, type ProcessSpec, startProcess } from "../process/shim.ts";
import { type Answer, ask } from "./ask.ts";
import type { PodContext } from "./context.ts";
import { execute } from "./execute.ts";
import { type ProbeTarget, targetOf } from "./probe-spec.ts";
import { startProber } from "./prober.ts";
import type { ContainerView } from "./status.ts";

export interface RunEnd {
  exitCode: number;
  ranForMs: number;
  /** Why the program must not run like this. */
  refused?: { reason: string; message: string };
}

export interface RunOptions {
  pod: () => Pod;
  entry: CatalogueEntry;
  spec: ProcessSpec;
  address: PodAddress;
  context: PodContext;
  restartCount: number;
  onView: (change: Partial<ContainerView>) => void;
}

const DEFAULT_GRACE_S = 30;
/** For the program's end when Serin itself ends. */
const STOP_GRACE_MS = 3_000;
/** From the endpoint's removal to TERM: time for proxies to hear of it. */
const SETTLE_MS = 100;
const NOT_STARTED = 128;
const START_FAILS_WITHIN_MS = 1_000;
/** When to look whether the program binds every address. */
const BIND_CHECKS_MS = [100, 300, 1_000, 3_000, 10_000];

export class ContainerRun {
  readonly ended: Promise<RunEnd>;
  #options: RunOptions;
  #starting: Promise<PodProcess>;
  #startedMs: number;
  #stops: (() => void)[] = [];
  #refused: RunEnd["refused"];
  #ending = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#startedMs = options.context.clock.now();
    this.#starting = startProcess(options.spec);
    this.ended = this.#runToEnd();
  }

  kill(): void {
    this.#starting.then((child) => child.kill(), ignore);
  }

  /**
   * Ends the process: gracefully for a deletion, shortly when Serin stops, at once when the object is gone. A later call
   * may be more urgent than an earlier one.
   */
  end(ending: "deleted" | "gone" | "stopped"): void {
    if (ending === "gone") this.kill();
    else if (ending === "stopped") void this.#terminate(STOP_GRACE_MS);
    else void this.#endGracefully();
  }

  async #runToEnd(): Promise<RunEnd> {
    try {
      return await this.#runProcess(await this.#starting);
    } catch (error) {
      const message = `the program could not be started: ${(error as Error).message}`;
      this.#options.onView({ state: { terminated: { exitCode: NOT_STARTED, reason: "StartError", message } } });
      return { exitCode: NOT_STARTED, ranForMs: 0 };
    }
  }

  async #runProcess(child: PodProcess): Promise<RunEnd> {
    const { context, onView, pod, restartCount } = this.#options;
    const log = context.openLog(pod(), restartCount);
    log.follow(child);
    const containerID = `process://${child.pid}-${this.#startedMs}`;
    const startedAt = timeText(this.#startedMs);
    this.#announceStart();
    onView({ state: { running: { startedAt } }, started: false, ready: false, containerID });
    this.#watchOver(child);
    const exitCode = await child.exited;
    for (const stop of this.#stops) stop();
    await log.ended;
    const finishedMs = context.clock.now();
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
      ...this.#hint(exitCode, finishedMs - this.#startedMs),
      startedAt,
      finishedAt: timeText(finishedMs),
      containerID,
    };
    onView({ state: { terminated }, started: false, ready: false });
    return { exitCode, ranForMs: finishedMs - this.#startedMs, ...(this.#refused && { refused: this.#refused }) };
  }

  /** A shell's word for a program that is not there or not executable. */
  #hint(exitCode: number, ranForMs: number): { message?: string } {
    const { entry, context } = this.#options;
    if (entry.builtIn || (exitCode !== 126 && exitCode !== 127) || ranForMs > START_FAILS_WITHIN_MS) return {};
    const message = `the program ${entry.command[0]} was not found or is not executable: see the entry of ${entry.image} in ${context.catalogueFile}`;
    return { message };
  }

  #announceStart(): void {
    const { events } = this.#options.context;
    const pod = this.#options.pod();
    const { name, image } = pod.spec.containers[0]!;
    events.record(pod, "Normal", "Pulled", `Container image "${image}" stands for a program of this machine`);
    events.record(pod, "Normal", "Created", `Created container: ${name}`);
    events.record(pod, "Normal", "Started", `Started container ${name}`);
  }

  #watchOver(child: PodProcess): void {
    const { context, onView, pod, entry } = this.#options;
    const { clock, events } = context;
    const container = pod().spec.containers[0]!;
    this.#stops.push(
      startProber({
        container,
        clock,
        ask: (target, timeoutMs) => this.#ask(target, timeoutMs),
        onStarted: () => onView({ started: true }),
        onReady: (ready) => void this.#becomeReady(child, ready),
        onFailure: (name, message) =>
          events.record(pod(), "Warning", "Unhealthy", `${PROBE_TITLES[name]} probe failed: ${message}`),
        onUnhealthy: (name) => {
          const message = `Container ${container.name} failed ${PROBE_TITLES[name].toLowerCase()} probe, will be restarted`;
          events.record(pod(), "Normal", "Killing", message);
          const graceS = (container[name] as { terminationGracePeriodSeconds?: number }).terminationGracePeriodSeconds;
          void this.#endAfterHook(graceS === undefined ? this.#graceMs() : graceS * 1_000);
        },
      }),
    );
    if (entry.builtIn) return;
    for (const delayMs of BIND_CHECKS_MS) this.#stops.push(clock.after(delayMs, () => void this.#checkBinding(child)));
  }

  /** A program that is reachable from outside never becomes ready. */
  async #becomeReady(child: PodProcess, ready: boolean): Promise<void> {
    const { entry, onView } = this.#options;
    if (ready && !entry.builtIn && !(await this.#checkBinding(child))) return;
    onView({ ready });
  }

  async #checkBinding(child: PodProcess): Promise<boolean> {
    const ports = await wildcardPorts(child.pid);
    if (ports.length === 0) return this.#refused === undefined;
    this.#refused ??= { reason: "BindsAllAddresses", message: bindMessage(this.#options, ports) };
    child.kill();
    return false;
  }

  async #endGracefully(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const { context, pod } = this.#options;
    const container = pod().spec.containers[0]!;
    const deadlineMs = context.clock.now() + this.#graceMs();
    context.events.record(pod(), "Normal", "Killing", `Stopping container ${container.name}`);
    await Promise.race([context.withdrawn(pod()), this.#gone()]);
    await this.#pause(Math.min(SETTLE_MS, this.#graceMs()));
    await this.#endAfterHook(deadlineMs - context.clock.now());
  }

  /** preStop and TERM share the grace. */
  async #endAfterHook(graceMs: number): Promise<void> {
    const { clock } = this.#options.context;
    const deadlineMs = clock.now() + graceMs;
    await Promise.race([this.#preStop(graceMs), this.#pause(graceMs), this.#gone()]);
    await this.#terminate(Math.max(0, deadlineMs - clock.now()));
  }

  async #terminate(graceMs: number): Promise<void> {
    const child = await this.#starting.catch(ignore);
    if (child === undefined) return;
    child.terminate();
    await Promise.race([this.#pause(graceMs), this.#gone()]);
    child.kill();
  }

  async #preStop(graceMs: number): Promise<void> {
    const { context, pod } = this.#options;
    const container = pod().spec.containers[0]!;
    const hook = container.lifecycle?.preStop as
      | { sleep?: { seconds: number }; httpGet?: never; exec?: { command: string[] } }
      | undefined;
    if (hook === undefined) return;
    if (hook.sleep !== undefined) return await this.#pause(hook.sleep.seconds * 1_000);
    const target = targetOf(hook, container);
    const answer =
      target === undefined ? { ok: false as const, message: "unknown port" } : await this.#ask(target, graceMs);
    if (!answer.ok)
      context.events.record(pod(), "Warning", "FailedPreStopHook", `PreStopHook failed: ${answer.message}`);
  }

  #ask(target: ProbeTarget, timeoutMs: number): Promise<Answer> {
    const { address, spec, context } = this.#options;
    if (target.kind === "exec") return execute({ ...spec, command: target.command }, timeoutMs, context.clock);
    return ask(target, (port) => dialTarget(address, port), timeoutMs);
  }

  #graceMs(): number {
    const { metadata, spec } = this.#options.pod();
    return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S) * 1_000;
  }

  async #gone(): Promise<void> {
    await (await this.#starting.catch(ignore))?.exited;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#options.context.clock.after(delayMs, resolve));
  }
}

/** The start's failure is told by `ended`. */
function ignore(): undefined {}

const PROBE_TITLES = { startupProbe: "Startup", readinessProbe: "Readiness", livenessProbe: "Liveness" };

function bindMessage({ entry, address, context }: RunOptions, ports: number[]): string {
  return [
    `the program binds every address of this machine (port ${ports.join(", ")}), so it can be reached from outside and a second pod could not start.`,
    `Let it bind $(POD_IP), here ${address.podIP}. In ${context.catalogueFile}, entry ${entry.image}, pass the address, for example:`,
    `    command: [${entry.command.join(", ")}, --host, $(POD_IP)]`,
    "If it is the program that you change, save that file once more or delete the pod: it is tried again then.",
  ].join("\n");
}
