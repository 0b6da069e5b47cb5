// /openapi/v2 names no kinds: clients use v3, where everything is. It is there because kubectl asks it about a `kind: List`, which v3
// does not know either, and takes a kind that it does not find for one to send as it is: the server checks the fields of each item.

import { parseAccept } from "./accept.ts";
import { json, type Reply } from "./reply.ts";
import { notAcceptable } from "./status.ts";

/** Clients write "@" in what they accept, which Go refuses to read in what is answered. */
const CONTENT_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const PROTOBUF = /^application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf$/;
const TITLE = "Serin sandbox";
const DOCUMENT = { swagger: "2.0", info: { title: TITLE, version: "v1" }, paths: {} };

/** The same document; every byte of it is ASCII. https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto */
const DOCUMENT_AS_PROTOBUF = field(1, "2.0") + field(2, field(1, TITLE) + field(2, "v1")) + field(8, "");

export function openApiV2(accept: string | undefined): Reply {
  for (const { type } of parseAccept(accept)) {
    if (["application/json", "application/*", "*/*"].includes(type)) return json(DOCUMENT);
    if (PROTOBUF.test(type)) return { kind: "text", code: 200, text: DOCUMENT_AS_PROTOBUF, contentType: CONTENT_TYPE };
  }
  throw notAcceptable();
}

/** A length-delimited field. */
function field(number: number, content: string): string {
  return String.fromCharCode(number * 8 + 2, content.length) + content;
}
