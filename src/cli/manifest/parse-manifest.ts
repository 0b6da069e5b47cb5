// YAML and JSON files as objects that remember where each field stands. Read as kubectl reads them: YAML 1.1 words such
// as `yes` are booleans there, and the file may hold several documents.

import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import type { Place, SourceProblem } from "./source-problem.ts";

export interface Manifest {
  file: string;
  text: string;
  documents: ManifestDocument[];
  /** What makes the file unreadable, or readable in another way than it looks. */
  problems: SourceProblem[];
}

export interface ManifestDocument {
  file: string;
  /** As JavaScript values, as the API server would get them. */
  value: unknown;
  /** Where the field of this path stands; the nearest parent that exists when it does not. */
  placeOf(path: readonly (string | number)[], of?: "key" | "value"): Place;
}

/** What the API server takes in one request: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/ (3 MiB). */
const LARGEST_DOCUMENT_BYTES = 3 * 1024 * 1024;

export function parseManifest(text: string, file: string): Manifest {
  const manifest: Manifest = { file, text, documents: [], problems: [] };
  for (const part of splitDocuments(text)) {
    if (Buffer.byteLength(part.text) > LARGEST_DOCUMENT_BYTES) manifest.problems.push(tooLarge(part, file));
    else parsePart(part, manifest);
  }
  return manifest;
}

interface Part {
  text: string;
  /** Lines before it in the file. */
  linesBefore: number;
}

/** A line that begins with `---` always ends a document, whatever it holds: https://yaml.org/spec/1.2.2/#912-document-markers */
function splitDocuments(text: string): Part[] {
  const parts: Part[] = [];
  let linesBefore = 0;
  for (const piece of text.split(/^(?=---(?:\s|$))/m)) {
    parts.push({ text: piece, linesBefore });
    linesBefore += piece.split("\n").length - 1;
  }
  return parts;
}

function tooLarge({ text, linesBefore }: Part, file: string): SourceProblem {
  const megabytes = (Buffer.byteLength(text) / 1024 / 1024).toFixed(1);
  return {
    file,
    place: { line: linesBefore + 1, column: 1, length: 1 },
    severity: "error",
    code: "SRN0003",
    message: `the document has ${megabytes} MiB, but the API server takes at most 3 MiB; split it, or keep the data elsewhere`,
  };
}

function parsePart(part: Part, manifest: Manifest): void {
  const lines = new LineCounter();
  const document = parseDocument(part.text, {
    version: "1.1",
    lineCounter: lines,
    prettyErrors: false,
    // The library compares each key with each other one: minutes for a large map. See doubledKeys.
    uniqueKeys: false,
    // go-yaml, which kubectl reads with, leaves dates and sexagesimal numbers as text.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !tag.tag.endsWith(":timestamp"))),
  });
  const place = (from: number, to: number): Place => {
    const { line, col } = lines.linePos(from);
    return { line: line + part.linesBefore, column: col, length: Math.max(1, to - from) };
  };
  for (const { code, message, pos } of document.errors)
    manifest.problems.push({
      file: manifest.file,
      place: place(pos[0], pos[1]),
      severity: "error",
      ...yamlProblem(code, message),
    });
  const { contents } = document;
  if (document.errors.length > 0 || contents === null || isBlank(contents)) return;
  const doubled = doubledKeys(document, manifest.file, place);
  manifest.problems.push(...doubled, ...ambiguousWords(document, manifest.file, place));
  if (doubled.length > 0) return;
  const resolved = resolve(document);
  if (!resolved.ok) {
    const start = contents.range?.[0] ?? 0;
    const what = { severity: "error" as const, code: "SRN0001", message: `not valid YAML: ${resolved.message}` };
    manifest.problems.push({ file: manifest.file, place: place(start, start), ...what });
    return;
  }
  manifest.documents.push({
    file: manifest.file,
    value: resolved.value,
    placeOf: (path, of = "value") => placeIn(document, path, of, place),
  });
}

/** Aliases are followed here: some lead nowhere, some would unfold to more than memory holds. */
function resolve(document: Document): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

/** Nothing but comments and markers. */
function isBlank(contents: unknown): boolean {
  return isScalar(contents) && contents.value === null && (contents.source ?? "") === "";
}

function doubledKeys(document: Document, file: string, place: (from: number, to: number) => Place): SourceProblem[] {
  const problems: SourceProblem[] = [];
  visit(document, {
    Map(_, node) {
      const seen = new Set<unknown>();
      for (const { key } of node.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          problems.push({ file, place: place(key.range![0], key.range![1]), severity: "error", ...DOUBLED });
        seen.add(key.value);
      }
    },
  });
  return problems;
}

const DOUBLED = {
  code: "SRN0002",
  message: "the key stands twice in this map; only one of them would count: remove the other",
};

function yamlProblem(code: string, message: string): { code: string; message: string } {
  if (code === "TAB_AS_INDENT") return { code: "SRN0001", message: "a tab indents this line; YAML takes only spaces" };
  return { code: "SRN0001", message: `not valid YAML: ${message.split("\n", 1)[0]}` };
}

const OLD_BOOLEANS = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;

/** Words that YAML 1.1 reads as true or false and people write as text. */
function ambiguousWords(document: Document, file: string, place: (from: number, to: number) => Place): SourceProblem[] {
  const problems: SourceProblem[] = [];
  visit(document, {
    Scalar(_, node: Scalar) {
      const { source, range, type, value } = node;
      if (type !== "PLAIN" || source === undefined || !OLD_BOOLEANS.test(source) || typeof value !== "boolean") return;
      problems.push({
        file,
        place: place(range![0], range![1]),
        severity: "warning",
        code: "SRN0004",
        message: `${source} is read as ${value} here (YAML 1.1); write "${source}" for the text, or ${value}`,
      });
    },
  });
  return problems;
}

function placeIn(
  document: Document,
  path: readonly (string | number)[],
  of: "key" | "value",
  place: (from: number, to: number) => Place,
): Place {
  let node: unknown = document.contents;
  let key: unknown;
  for (const segment of path) {
    const next = childOf(node, segment);
    if (next === undefined) break;
    ({ node, key } = next);
  }
  const shown = of === "key" && key !== undefined ? key : isLeaf(node) ? node : (key ?? node);
  const range = (shown as Node | undefined)?.range ?? (document.contents as Node).range!;
  return place(range[0], range[1]);
}

function childOf(node: unknown, segment: string | number): { node: unknown; key: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(segment),
    );
    return pair === undefined ? undefined : { node: pair.value ?? pair.key, key: pair.key };
  }
  if (isSeq(node) && typeof segment === "number" && node.items[segment] !== undefined)
    return { node: node.items[segment], key: undefined };
  return undefined;
}

/** A whole map or list is too much to point at: its key is shown instead. */
function isLeaf(node: unknown): boolean {
  return isScalar(node);
}
