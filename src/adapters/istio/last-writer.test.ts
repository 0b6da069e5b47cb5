import { expect, it } from "vitest";
import type { ManagedFieldsEntry } from "../../core/kubernetes/object.ts";
import { lastWriterOf } from "./last-writer.ts";

const entry = (
  manager: string,
  time: string | undefined,
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({
  manager,
  operation: "Update",
  apiVersion: "networking.istio.io/v1",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": { "f:http": {} } },
  ...(time === undefined ? {} : { time }),
  ...more,
});

const writerOf = (...managedFields: ManagedFieldsEntry[]) =>
  lastWriterOf({ apiVersion: "v1", kind: "VirtualService", metadata: { name: "echo", managedFields } }, "serin")
    ?.manager;

const EARLY = "2026-11-24T12:00:00Z";
const LATE = "2026-11-24T12:00:01Z";

it.each<[string, ManagedFieldsEntry[], string | undefined]>([
  ["nobody, where nothing is managed", [], undefined],
  ["the newest owner of http", [entry("jane", LATE), entry("serin", EARLY)], "jane"],
  ["the foreign one of two in the same second", [entry("serin", EARLY), entry("jane", EARLY)], "jane"],
  ["an owner without a time, when there is no other", [entry("jane", undefined)], "jane"],
  [
    "not one who owns other fields",
    [entry("jane", LATE, { fieldsV1: { "f:metadata": {} } }), entry("serin", EARLY)],
    "serin",
  ],
  [
    "not one who owns hosts alone",
    [entry("jane", LATE, { fieldsV1: { "f:spec": { "f:hosts": {} } } }), entry("serin", EARLY)],
    "serin",
  ],
  ["not one who wrote a status", [entry("istiod", LATE, { subresource: "status" }), entry("serin", EARLY)], "serin"],
])("is %s", (_what, managedFields, manager) => {
  expect(writerOf(...managedFields)).toBe(manager);
});
