// Asks the data plane whether every proxy works by given versions of given objects, beside the passes, until they do.

import type { ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import type { ProxyAnswer } from "../core/rollout/observation.ts";
import type { Clock } from "../ports/clock.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import { withDeadline } from "./deadline.ts";

export interface Question {
  resource: Resource;
  key: ObjectKey;
  resourceVersion: string;
}

export interface ProxyPollOptions {
  dataPlane: DataPlane;
  clock: Clock;
  log: Log;
  /** Called when an answer changed. */
  onAnswer: (key: string) => void;
}

const ASK_LIMIT_MS = 2_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;

interface Inquiry {
  question: Question;
  answer: ProxyAnswer | undefined;
  cancel: () => void;
  retryMs: number;
}

export class ProxyPoll {
  #options: ProxyPollOptions;
  #inquiries = new Map<string, Map<string, Inquiry>>();

  constructor(options: ProxyPollOptions) {
    this.#options = options;
  }

  /** Keeps asking exactly these for the key; what is no longer asked is forgotten. */
  ask(key: string, questions: readonly Question[]): void {
    const inquiries = this.#inquiries.get(key) ?? new Map<string, Inquiry>();
    this.#inquiries.set(key, inquiries);
    const wanted = new Map(questions.map((question) => [idOf(question), question]));
    for (const [id, inquiry] of inquiries) {
      if (wanted.has(id)) continue;
      inquiry.cancel();
      inquiries.delete(id);
    }
    for (const [id, question] of wanted) {
      if (inquiries.has(id)) continue;
      const inquiry = { question, answer: undefined, cancel: () => {}, retryMs: FIRST_RETRY_MS };
      inquiries.set(id, inquiry);
      void this.#inquire(key, id, inquiry);
    }
    if (inquiries.size === 0) this.#inquiries.delete(key);
  }

  /** The answer for all of them together; undefined while one was never answered. */
  answer(key: string, questions: readonly Question[]): ProxyAnswer | undefined {
    const inquiries = this.#inquiries.get(key);
    const answers = questions.map((question) => inquiries?.get(idOf(question))?.answer);
    const waiting = answers.find((answer) => answer !== undefined && !answer.acknowledged);
    if (waiting !== undefined) return waiting;
    return answers.includes(undefined) ? undefined : { acknowledged: true };
  }

  stop(): void {
    for (const key of this.#inquiries.keys()) this.ask(key, []);
  }

  async #inquire(key: string, id: string, inquiry: Inquiry): Promise<void> {
    const { dataPlane, clock, log, onAnswer } = this.#options;
    const { resource, key: object, resourceVersion } = inquiry.question;
    let answer: ProxyAnswer;
    try {
      const asked = dataPlane.acknowledged(resource, object, resourceVersion);
      answer = await withDeadline(clock, ASK_LIMIT_MS, "data plane", asked);
    } catch (error) {
      log.debug("data plane cannot be asked", { canary: key, error: String(error) });
      answer = { acknowledged: false, waitingFor: `the data plane cannot be asked (${String(error)})` };
    }
    if (this.#inquiries.get(key)?.get(id) !== inquiry) return;
    const changed = JSON.stringify(answer) !== JSON.stringify(inquiry.answer);
    inquiry.answer = answer;
    if (!answer.acknowledged) {
      inquiry.cancel = clock.after(inquiry.retryMs, () => void this.#inquire(key, id, inquiry));
      inquiry.retryMs = Math.min(inquiry.retryMs * 2, MAX_RETRY_MS);
    }
    if (changed) onAnswer(key);
  }
}

function idOf({ resource, key, resourceVersion }: Question): string {
  return `${resource.plural}/${key.namespace ?? ""}/${key.name}@${resourceVersion}`;
}
