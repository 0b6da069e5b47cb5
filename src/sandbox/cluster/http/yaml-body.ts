// YAML as the API server reads it: version 1.1 scalars (`yes` is a boolean) without its dates and base-60 numbers.

import { type Document, isCollection, isMap, isPair, isScalar, parseAllDocuments, stringify } from "yaml";
import { malformed, type ParsedBody } from "./parsed-body.ts";

const UNWANTED_TAGS = ["timestamp", "binary", "omap", "pairs", "set"];

export function parseYamlBody(text: string): ParsedBody {
  const documents = parseAll(text);
  if ("empty" in documents) throw malformed("the body is empty");
  const [first, second] = documents;
  const error = first?.errors[0];
  if (error !== undefined) throw malformed(`yaml: ${errorText(error.message)}`);
  if (first === undefined || second !== undefined)
    throw malformed(`yaml: one document is expected, found ${documents.length}`);
  return { value: valueOf(first), duplicates: duplicates(first.contents, "") };
}

/** The first line of a message, which names the place; without the excerpt below it. */
function errorText(message: string): string {
  const line = message.split("\n")[0]!.replace(/:$/, "");
  // The parser recurses, and reports the end of its stack as it reports everything else.
  return line.replace("Maximum call stack size exceeded", "nested too deep");
}

function parseAll(text: string): ReturnType<typeof parseAllDocuments> {
  return parseAllDocuments(text, {
    version: "1.1",
    merge: true,
    uniqueKeys: false,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === "string" ||
          !(UNWANTED_TAGS.some((name) => tag.tag.endsWith(`:${name}`)) || ("format" in tag && tag.format === "TIME")),
      ),
  });
}

export function toYaml(value: unknown): string {
  return stringify(value, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
}

function valueOf(document: Document): unknown {
  try {
    // The limit stops bodies that grow without end when their aliases are followed.
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw malformed(`yaml: ${(error as Error).message}`);
  }
}

function duplicates(node: unknown, path: string): string[] {
  if (!isCollection(node)) return [];
  if (!isMap(node))
    return node.items.flatMap((item, index) => duplicates(isPair(item) ? item.value : item, `${path}[${index}]`));
  const seen = new Set<string>();
  return node.items.flatMap((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const at = path === "" ? key : `${path}.${key}`;
    const again = seen.has(key) ? [at] : [];
    seen.add(key);
    return [...again, ...duplicates(pair.value, at)];
  });
}
