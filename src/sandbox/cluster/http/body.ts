// The body of a request: read within the API's limit, parsed as JSON or YAML with the place of a mistake.

import type { IncomingMessage } from "node:http";
import { MAX_OBJECT_BYTES } from "../json.ts";
import { duplicateKeys } from "./duplicate-keys.ts";
import { malformed, type ParsedBody, unsupported } from "./parsed-body.ts";
import { Refusal } from "./status.ts";

/** What is read beyond the limit before the connection is given up, so that the client still reads the refusal. */
const DRAIN_LIMIT_BYTES = 64 * 1024 * 1024;

/** The whole body. Throws 413 when it is larger than the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_OBJECT_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > DRAIN_LIMIT_BYTES) break;
  }
  if (bytes > MAX_OBJECT_BYTES) {
    const message = `Request entity too large: limit is ${MAX_OBJECT_BYTES}; keep large data outside the API and store a reference to it`;
    throw new Refusal(413, "RequestEntityTooLarge", message, {});
  }
  return Buffer.concat(chunks);
}

/** The media type of a Content-Type header, without parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? "").split(";")[0]!.trim().toLowerCase();
}

/** Parses by media type: protobuf, YAML (which JSON is part of), or else JSON. Throws 400; 415 for kinds that have no protobuf form. */
export async function parseBody(body: Buffer, type: string): Promise<ParsedBody> {
  if (type === PROTOBUF) return parseProtobuf(body);
  const text = body.toString("utf8");
  if (text.trim() === "") throw malformed("the body is empty");
  if (!type.includes("yaml")) return parseJson(text);
  // Most clients send JSON as YAML; the YAML parser is loaded only for those who do not.
  try {
    return parseJson(text);
  } catch {
    return parseYaml(text);
  }
}

function parseJson(text: string): ParsedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`json parse error: ${(error as Error).message}`);
  }
  return { value, duplicates: duplicateKeys(text) };
}

async function parseProtobuf(body: Buffer): Promise<ParsedBody> {
  const { decodeProtobuf } = await import("./protobuf/decode-object.ts");
  const value = decodeProtobuf(body);
  if (value === undefined) throw unsupported(["application/json", "application/yaml"]);
  if (typeof value.problem === "string") throw malformed(value.problem);
  return { value, duplicates: [] };
}

async function parseYaml(text: string): Promise<ParsedBody> {
  const { parseYamlBody } = await import("./yaml-body.ts");
  return parseYamlBody(text);
}

export const PROTOBUF = "application/vnd.kubernetes.protobuf";
