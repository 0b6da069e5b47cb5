// JSON merge patch, RFC 7396: https://www.rfc-editor.org/rfc/rfc7396

import { isObject, type Json, type JsonObject } from "../json.ts";

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const out: JsonObject = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch))
    if (value === null) delete out[field];
    else out[field] = mergePatch(out[field], value);
  return out;
}
