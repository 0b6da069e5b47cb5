// Built-in kinds sent as protobuf, which typed Go clients do unasked (`kubectl create deployment` among them), as the JSON
// they stand for. Field numbers, names and types come from messages.json, read from the published Go types by
// scripts/protobuf. Envelope: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding

import { readFileSync } from "node:fs";
import { readFields, type WireField } from "./wire.ts";

type FieldRow = [number: number, jsonName: string, type: string, keep?: "keep"];

interface Messages {
  /** "apps/v1/Deployment" → the name of its message. */
  kinds: Record<string, string>;
  messages: Record<string, FieldRow[]>;
}

export interface ProtobufError {
  problem: string;
}

const MAGIC = Buffer.from("k8s\0", "latin1");
let loaded: Messages | undefined;

/** The object, or what is wrong with the bytes. Undefined when the kind is none that is known in protobuf. */
export function decodeProtobuf(body: Buffer): Record<string, unknown> | ProtobufError | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return { problem: "the body does not begin as a protobuf object" };
  loaded ??= JSON.parse(readFileSync(new URL("./messages.json", import.meta.url), "utf8")) as Messages;
  try {
    const { apiVersion, kind, raw } = readEnvelope(body.subarray(MAGIC.length));
    const message = loaded.kinds[`${kind === "DeleteOptions" ? "v1" : apiVersion}/${kind}`];
    if (message === undefined) return undefined;
    return { apiVersion, kind, ...readMessage(loaded, message, raw) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return { problem: `protobuf: ${error.message}` };
    throw error;
  }
}

function readEnvelope(bytes: Buffer): { apiVersion: string; kind: string; raw: Buffer } {
  const fields = readFields(bytes);
  const type = readFields(bytesOf(last(fields, 1)));
  return { apiVersion: textOf(last(type, 1)), kind: textOf(last(type, 2)), raw: bytesOf(last(fields, 2)) };
}

function readMessage(table: Messages, name: string, bytes: Buffer): Record<string, unknown> {
  const rows = new Map(table.messages[name]!.map((row) => [row[0], row]));
  const result: Record<string, unknown> = {};
  for (const { number, value } of readFields(bytes)) {
    const row = rows.get(number);
    // A field of a newer version than ours: as good as unknown JSON fields, which are dropped.
    if (row === undefined) continue;
    const [, jsonName, type, keep] = row;
    if (type.startsWith("[]")) push(result, jsonName, readValue(table, type.slice(2), value));
    else if (type.startsWith("map:")) putEntry(result, jsonName, readEntry(table, type.slice(4), bytesOf(value)));
    else {
      const read = readValue(table, type, value);
      if (jsonName === "") Object.assign(result, read);
      else if (keep !== undefined || !isEmpty(read)) result[jsonName] = read;
    }
  }
  return result;
}

function readValue(table: Messages, type: string, value: WireField["value"]): unknown {
  if (type.startsWith(".")) return readMessage(table, type.slice(1), bytesOf(value));
  switch (type) {
    case "string":
      return textOf(value);
    case "bool":
      return Number(value) !== 0;
    case "int":
    case "double":
      return Number(value);
    case "bytes":
      return bytesOf(value).toString("base64");
    default:
      return readSpecial(type, readFields(bytesOf(value)));
  }
}

/** Types whose JSON form is not that of their message. */
function readSpecial(type: string, fields: WireField[]): unknown {
  switch (type) {
    case "Time":
    case "MicroTime":
      return readTime(fields, type === "MicroTime");
    case "Duration":
      return `${Number(last(fields, 1) ?? 0n) / 1e9}s`;
    case "Quantity":
      return textOf(last(fields, 1));
    case "IntOrString":
      return Number(last(fields, 1) ?? 0n) === 1 ? textOf(last(fields, 3)) : Number(last(fields, 2) ?? 0n);
    case "RawExtension":
    case "FieldsV1": {
      const json = bytesOf(last(fields, 1));
      return json.length === 0 ? null : (JSON.parse(json.toString("utf8")) as unknown);
    }
    default:
      throw new Error(`messages.json names a type that is not read: ${type}`);
  }
}

/** Seconds and nanoseconds; the zero time of Go, which is sent as nothing or as the year 1, is null. */
function readTime(fields: WireField[], withMicros: boolean): string | null {
  if (fields.length === 0) return null;
  const seconds = Number(last(fields, 1) ?? 0n);
  if (seconds <= -62_135_596_800) return null;
  const nanos = Number(last(fields, 2) ?? 0n);
  const toSecond = new Date(seconds * 1_000).toISOString().slice(0, 19);
  return withMicros ? `${toSecond}.${String(Math.floor(nanos / 1_000)).padStart(6, "0")}Z` : `${toSecond}Z`;
}

function readEntry(table: Messages, valueType: string, bytes: Buffer): [string, unknown] {
  const fields = readFields(bytes);
  const value = last(fields, 2);
  return [textOf(last(fields, 1)), value === undefined ? "" : readValue(table, valueType, value)];
}

function push(target: Record<string, unknown>, name: string, item: unknown): void {
  const list = (target[name] ??= []) as unknown[];
  list.push(item);
}

function putEntry(target: Record<string, unknown>, name: string, [key, value]: [string, unknown]): void {
  const map = (target[name] ??= {}) as Record<string, unknown>;
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

function isEmpty(value: unknown): boolean {
  return value === "" || value === 0 || value === false || value === null;
}

function last(fields: WireField[], number: number): WireField["value"] | undefined {
  return fields.findLast((field) => field.number === number)?.value;
}

function bytesOf(value: WireField["value"] | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0);
  if (!Buffer.isBuffer(value)) throw new RangeError("has a number where bytes are expected");
  return value;
}

function textOf(value: WireField["value"] | undefined): string {
  return bytesOf(value).toString("utf8");
}
