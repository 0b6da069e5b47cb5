// One pod's life, told in order: wait until it can start, run, restart with back-off, end gracefully, leave nothing.

import type { ObjectKey } from "../../../core/kubernetes/object.ts";
import { PODS } from "../../../core/kubernetes/resource.ts";
import type { ContainerState, ContainerStatus, Pod } from "../../../core/kubernetes/workload.ts";
import type { PodPort } from "../../../ports/pod-ports.ts";
import { type Catalogue, versionOf } from "../catalogue/load.ts";
import { timeText } from "../events.ts";
import { HOST_IP, NODE_NAME } from "../node.ts";
import type { PodAddress } from "../process/addresses.ts";
import { IMAGE_BACK_OFF, NO_BACK_OFF, nextBackOff, RESTART_BACK_OFF } from "./back-off.ts";
import type { PodContext } from "./context.ts";
import { stillExists } from "./exists.ts";
import { declaredPorts } from "./launch.ts";
import { admit, type Prepared, prepare } from "./prepare.ts";
import { reach } from "./reach.ts";
import { ContainerRun, type RunEnd } from "./run.ts";
import { type ContainerView, podStatus, restarts } from "./status.ts";
import { StatusWriter } from "./status-writer.ts";

/** deleted: by the API, gracefully. gone: the object is no more. stopped: Serin ends, the object stays. */
export type Ending = "deleted" | "gone" | "stopped";

type Startable = Extract<Prepared, { ok: true }> & { catalogue: Catalogue };

const CATALOGUE_POLL_MS = 1_000;
const CONFIG_RETRY_MS = 2_000;
const RETRY_MS = 500;
/** The object is gone or comes back to us at the next start. */
const LEAVE_TRIES = 20;

export class PodWorker {
  /** Resolves when no process is left and the object is released. */
  readonly done: Promise<void>;
  /** Resolves with its version when the first status is stored: what an earlier run of Serin left behind is corrected then. */
  readonly reported: Promise<string | undefined>;
  #pod: Pod;
  #context: PodContext;
  #status: StatusWriter;
  #view: ContainerView;
  #address: PodAddress | undefined;
  #ending: Ending | undefined;
  #markEnding!: () => void;
  #endRequested: Promise<void>;
  #run: ContainerRun | undefined;
  #startTime: string;

  constructor(pod: Pod, context: PodContext) {
    this.#pod = pod;
    this.#context = context;
    this.#status = new StatusWriter(pod, context);
    this.#view = firstView(pod);
    this.#startTime = pod.status?.startTime ?? timeText(context.clock.now());
    this.#endRequested = new Promise((resolve) => (this.#markEnding = resolve));
    this.reported = this.#report();
    this.done = this.#live();
  }

  get key(): ObjectKey {
    return this.#pod.metadata;
  }

  reach(port: number): Promise<PodPort> {
    return reach(this.#pod, this.#address, port);
  }

  /** The object as it is now. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.end("deleted");
  }

  end(ending: Ending): void {
    if (this.#ending === "gone") return;
    this.#ending = ending === "deleted" ? (this.#ending ?? ending) : ending;
    this.#markEnding();
    this.#run?.end(this.#ending);
  }

  async #live(): Promise<void> {
    try {
      while (this.#ending === undefined) await this.#persist(() => this.#runFromStart());
      await this.#endRequested;
      for (let left = LEAVE_TRIES; left > 0 && !(await this.#persist(() => this.#leave())); left -= 1);
    } finally {
      if (this.#address !== undefined) this.#context.addresses.release(this.#address);
    }
  }

  /** False when it failed: said, nothing left running, and a moment later it may be tried again. */
  async #persist(step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      const { log, events, clock } = this.#context;
      log.error("pod failed, trying again", { pod: this.#pod.metadata.name, error: String(error) });
      events.record(this.#pod, "Warning", "FailedSync", `error running the pod: ${String(error)}`);
      this.#run?.kill();
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
      return false;
    }
  }

  async #runFromStart(): Promise<void> {
    await this.#reachReadyToRun();
    await this.#restartUntilEnd();
    await this.#endRequested;
  }

  async #reachReadyToRun(): Promise<void> {
    if (this.#pod.metadata.deletionTimestamp !== undefined) this.end("deleted");
    if (this.#ending !== undefined) return;
    await this.#place();
  }

  /** There is one node; a pod that was made by hand is placed on it. */
  async #place(): Promise<void> {
    const { cluster, events } = this.#context;
    const { namespace, name } = this.#pod.metadata;
    if ((this.#pod.spec.nodeName ?? "") === "") {
      const body = { spec: { nodeName: NODE_NAME } };
      await cluster.patch(PODS, { namespace, name }, { type: "merge", body }, { fieldManager: NODE_NAME });
    }
    if (this.#pod.status?.startTime === undefined)
      events.record(this.#pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`);
  }

  async #restartUntilEnd(): Promise<void> {
    if (this.#view.state.terminated !== undefined) return await this.#endRequested;
    let backOff = NO_BACK_OFF;
    while (this.#ending === undefined) {
      const prepared = await this.#prepare();
      // The end may have been asked for meanwhile; a run that begins after it would never hear of it.
      if (prepared === undefined || this.#ending !== undefined) return;
      const end = await this.#runOnce(prepared);
      if (this.#ending !== undefined) return;
      if (end.refused !== undefined) {
        await this.#holdBack(end.refused, prepared.catalogue);
        continue;
      }
      if (!restarts(this.#pod, end.exitCode)) return await this.#endRequested;
      backOff = nextBackOff(backOff, end.ranForMs, this.#context.backOff ?? RESTART_BACK_OFF);
      await this.#waitToRestart(backOff.delayMs);
    }
  }

  /** Waits until the pod may start; undefined when it must end before. */
  async #prepare(): Promise<Startable | undefined> {
    let backOff = NO_BACK_OFF;
    for (;;) {
      if (this.#ending !== undefined) return undefined;
      const catalogue = await this.#context.catalogue();
      const prepared = await this.#tryToPrepare(catalogue);
      if (prepared.ok) return { ...prepared, catalogue };
      this.#wait(
        backOff.endings > 1 && prepared.reason === "ErrImagePull" ? "ImagePullBackOff" : prepared.reason,
        prepared,
      );
      backOff = nextBackOff(backOff, 0, IMAGE_BACK_OFF);
      const retryMs = { image: Math.max(backOff.delayMs, CONFIG_RETRY_MS), soon: CONFIG_RETRY_MS, never: Infinity };
      await this.#sleepUntilCatalogueChanges(catalogue, retryMs[prepared.retry]);
    }
  }

  async #tryToPrepare(catalogue: Catalogue): Promise<Prepared> {
    const { catalogueFile, addresses, cluster } = this.#context;
    const admitted = admit(this.#pod, catalogue, catalogueFile);
    if (!("entry" in admitted)) return admitted;
    const container = this.#pod.spec.containers[0]!;
    try {
      this.#address ??= await addresses.allocate(declaredPorts(container), this.#pod.status?.podIP);
    } catch (error) {
      return { ok: false, reason: "NoPodAddress", message: (error as Error).message, retry: "soon" };
    }
    const address = this.#address;
    await this.#context.announceDial(this.#pod, address.dial);
    return prepare({ pod: this.#pod, catalogue, catalogueFile, cluster, address });
  }

  #wait(reason: string, { message }: { message: string }): void {
    this.#view = { ...this.#view, started: false, ready: false, state: { waiting: { reason, message } } };
    void this.#report();
    this.#context.events.record(this.#pod, "Warning", "Failed", `${reason}: ${message}`);
  }

  async #runOnce({ entry, spec }: Startable): Promise<RunEnd> {
    this.#run = new ContainerRun({
      pod: () => this.#pod,
      entry,
      spec,
      address: this.#address!,
      context: this.#context,
      restartCount: this.#view.restartCount,
      onView: (change) => {
        this.#view = { ...this.#view, ...change };
        void this.#report();
      },
    });
    return await this.#run.ended;
  }

  /** A program that must not run as it is: until the catalogue says something else, it is not tried again. */
  async #holdBack(refused: { reason: string; message: string }, catalogue: Catalogue): Promise<void> {
    this.#wait(refused.reason, refused);
    await this.#sleepUntilCatalogueChanges(catalogue, Infinity);
    this.#countRestart();
  }

  async #waitToRestart(delayMs: number): Promise<void> {
    const { events } = this.#context;
    const terminated = this.#view.state;
    if (delayMs > 0) {
      const { name, namespace, uid } = this.#pod.metadata;
      const container = this.#pod.spec.containers[0]!.name;
      const message = `back-off ${delayMs / 1_000}s restarting failed container=${container} pod=${name}_${namespace}(${uid})`;
      this.#view = {
        ...this.#view,
        lastState: terminated,
        state: { waiting: { reason: "CrashLoopBackOff", message } },
      };
      void this.#report();
      events.record(
        this.#pod,
        "Warning",
        "BackOff",
        `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${uid})`,
      );
      await this.#sleep(delayMs);
    }
    if (this.#ending === undefined) this.#countRestart();
  }

  #countRestart(): void {
    const { state, lastState, restartCount } = this.#view;
    this.#view = {
      ...this.#view,
      restartCount: restartCount + 1,
      lastState: state.terminated === undefined ? lastState : state,
    };
  }

  async #leave(): Promise<void> {
    if (this.#ending === "stopped") {
      this.#view = { ...this.#view, ready: false };
      await this.#report();
      return;
    }
    if (this.#ending === "deleted") await this.#removeObject();
    await this.#context.removeLogs(this.#pod);
  }

  async #removeObject(): Promise<void> {
    await this.#report();
    const { namespace, name, uid } = this.#pod.metadata;
    try {
      await this.#context.cluster.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (await stillExists(this.#context.cluster, this.#pod)) throw error;
    }
  }

  #report(): Promise<string | undefined> {
    const facts = {
      podIP: this.#address?.podIP,
      hostIP: HOST_IP,
      startTime: this.#startTime,
      nowText: timeText(this.#context.clock.now()),
    };
    return this.#status.write(podStatus({ ...this.#pod, status: this.#status.last }, this.#view, facts));
  }

  async #sleepUntilCatalogueChanges(catalogue: Catalogue, delayMs: number): Promise<void> {
    const { clock, catalogueFile } = this.#context;
    const untilMs = clock.now() + delayMs;
    while (this.#ending === undefined && clock.now() < untilMs) {
      await this.#sleep(Math.min(CATALOGUE_POLL_MS, untilMs - clock.now()));
      if ((await versionOf(catalogueFile)) !== catalogue.version) return;
    }
  }

  /** Ends early when the pod must end. */
  async #sleep(delayMs: number): Promise<void> {
    let cancel = () => {};
    const passed = new Promise<void>((resolve) => (cancel = this.#context.clock.after(delayMs, resolve)));
    await Promise.race([passed, this.#endRequested]);
    cancel();
  }
}

/** What an earlier run of Serin left: its process is gone, so the container starts again in the same pod. */
function firstView(pod: Pod): ContainerView {
  const before = pod.status?.containerStatuses?.[0];
  const waiting = { state: { waiting: { reason: "ContainerCreating" } }, started: false, ready: false };
  if (before === undefined) return { ...waiting, restartCount: 0 };
  const { restartCount, lastState } = before;
  const ended = endedState(before);
  if (ended === undefined) return { ...waiting, restartCount, ...(lastState === undefined ? {} : { lastState }) };
  if (!restarts(pod, ended.terminated!.exitCode)) return { ...waiting, state: ended, restartCount };
  return { ...waiting, restartCount: restartCount + 1, lastState: ended };
}

/** How the container's last run ended; undefined when it never ran. */
function endedState({ state, lastState }: ContainerStatus): ContainerState | undefined {
  if (state.running === undefined) return state.terminated === undefined ? lastState : state;
  return {
    terminated: {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "the sandbox was restarted, which ended the process",
      startedAt: state.running.startedAt,
    },
  };
}
