// What parsing a body gives, and how it fails.

import { Refusal } from "./status.ts";

export interface ParsedBody {
  value: unknown;
  /** Dotted paths of fields that stand twice in one object; the last one counts. */
  duplicates: string[];
}

export function malformed(detail: string): Refusal {
  return new Refusal(400, "BadRequest", `the object provided is unrecognized: ${detail}`);
}

export function unsupported(accepted: readonly string[]): Refusal {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new Refusal(415, "UnsupportedMediaType", message);
}
