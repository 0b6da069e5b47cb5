// The three patch formats, each from a document to the patched document. The document given is a private copy and may be changed.

import jsonPatch from "fast-json-patch";
import { ClusterError, type JsonPatchOperation, type Patch } from "../../../ports/cluster.ts";
import { isObject, type JsonObject, receive } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";
import { mergePatch } from "./merge-patch.ts";
import { strategicPatch } from "./strategic-patch.ts";

export function patchDocument(document: JsonObject, patch: Patch, schema: SchemaNode, custom: boolean): JsonObject {
  switch (patch.type) {
    case "json":
      return applyJsonPatch(document, patch.operations);
    case "merge":
      return mergePatch(document, receive(patch.body)) as JsonObject;
    case "strategic":
      if (custom)
        throw new ClusterError(
          "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml: custom resources have no strategic merge patch, use a merge patch",
        );
      return strategicPatch(schema, document, receive(patch.body));
  }
}

const MAX_OPERATIONS = 10_000;

function applyJsonPatch(document: JsonObject, given: JsonPatchOperation[]): JsonObject {
  const { operations } = receive({ operations: given }) as unknown as { operations: JsonPatchOperation[] };
  if (operations.length > MAX_OPERATIONS)
    throw new ClusterError(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  const result = attempt(document, operations);
  if (!isObject(result)) throw rejected("the patched document is no object");
  return result;
}

function attempt(document: JsonObject, operations: JsonPatchOperation[]): unknown {
  try {
    return jsonPatch.applyPatch(document, operations, true).newDocument;
  } catch (error) {
    throw rejected(explain(error, operations), error);
  }
}

function explain(error: unknown, operations: JsonPatchOperation[]): string {
  const { index, name } = error as { index?: number; name?: string };
  const operation = index === undefined ? undefined : operations[index];
  if (operation === undefined) return (error as Error).message;
  const what = name === "TEST_OPERATION_FAILED" ? "what is there has another value" : String(name);
  return `operation ${index} (${operation.op} ${operation.path}) does not apply: ${what}`;
}

/** A real server says only the first half. */
function rejected(why: string, cause?: unknown): ClusterError {
  return new ClusterError("Invalid", `the server rejected our request due to an error in our request: ${why}`, {
    cause,
  });
}
