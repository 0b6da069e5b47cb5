// GET of pods/NAME/log: what a container wrote, as plain text, line by line while it is followed.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { PodLogOptions } from "../../../ports/pod-logs.ts";
import { type ApiCall, badRequest, keyOf } from "./api-call.ts";
import { flag, integer } from "./query.ts";
import type { StreamOut, StreamReply } from "./reply.ts";
import { invalidOption, Refusal } from "./status.ts";
import { at, items, text } from "./table/table-kind.ts";

/** Throws before the first byte what can be known then: no such pod or container, nothing there yet, wrong options. */
export async function readPodLog(call: ApiCall): Promise<StreamReply> {
  const { podLogs } = call;
  const options = logOptions(call);
  const pod = await call.cluster.get(call.resource, keyOf(call));
  if (podLogs === undefined)
    throw new Refusal(503, "ServiceUnavailable", "no runtime is attached to this API, so there are no logs");
  checkContainer(pod, call.query.get("container") || undefined, options.previous === true);
  const { namespace = "", name, uid = "" } = pod.metadata;
  return {
    kind: "stream",
    contentType: "text/plain",
    write: (out) => copy(podLogs.read({ namespace, name, uid }, { ...options, signal: out.signal }), out),
  };
}

async function copy(lines: AsyncIterable<string>, out: StreamOut): Promise<void> {
  for await (const line of lines) if (!(await out.send(line))) return;
}

function logOptions({ query, clock }: ApiCall): PodLogOptions {
  const tailLines = atLeast(query, "tailLines", 0);
  const limitBytes = atLeast(query, "limitBytes", 1);
  const sinceSeconds = atLeast(query, "sinceSeconds", 1);
  const sinceTime = query.get("sinceTime") || undefined;
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    throw wrong(
      "sinceSeconds",
      "FieldValueForbidden",
      "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
    );
  const sinceTimeMs = sinceTime === undefined ? undefined : Date.parse(sinceTime);
  if (Number.isNaN(sinceTimeMs))
    throw wrong("sinceTime", "FieldValueInvalid", `Invalid value: "${sinceTime}": must be an RFC 3339 time`);
  const sinceMs = sinceTimeMs ?? (sinceSeconds === undefined ? undefined : clock.now() - sinceSeconds * 1_000);
  return {
    follow: flag(query, "follow") === true,
    previous: flag(query, "previous") === true,
    timestamps: flag(query, "timestamps") === true,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
}

function atLeast(query: URLSearchParams, name: string, least: number): number | undefined {
  const value = integer(query, name);
  if (value !== undefined && value < least)
    throw wrong(name, "FieldValueInvalid", `Invalid value: ${value}: must be greater than or equal to ${least}`);
  return value;
}

function wrong(field: string, reason: string, message: string): Refusal {
  return invalidOption("PodLogOptions", field, { reason, message });
}

function checkContainer(pod: KubeObject, wanted: string | undefined, previous: boolean): void {
  const names = items(pod, "spec", "containers").map((each) => text(each, "name"));
  const podName = pod.metadata.name;
  if (wanted === undefined && names.length !== 1)
    throw badRequest(`a container name must be specified for pod ${podName}, choose one of: [${names.join(" ")}]`);
  const container = wanted ?? names[0]!;
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${podName}`);
  const status = items(pod, "status", "containerStatuses").find((each) => each.name === container);
  const ended = at(status, "lastState", "terminated") !== undefined;
  if (previous && !ended)
    throw badRequest(`previous terminated container "${container}" in pod "${podName}" not found`);
  const waiting = text(status, "state", "waiting", "reason");
  if (!previous && !ended && (status === undefined || waiting !== ""))
    throw badRequest(`container "${container}" in pod "${podName}" is waiting to start: ${waiting || "PodScheduled"}`);
}
