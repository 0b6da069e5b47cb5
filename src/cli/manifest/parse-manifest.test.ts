import { expect, test } from "vitest";
import { objectsIn } from "./objects.ts";
import { parseManifest } from "./parse-manifest.ts";
import type { SourceProblem } from "./source-problem.ts";

function said(problems: SourceProblem[]): string[] {
  return problems.map(
    ({ place, severity, code, message }) => `${place.line}:${place.column} ${severity} ${code} ${message}`,
  );
}

const HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

test.each([
  { name: "an unclosed quote", text: `a: "b\n`, says: ['2:1 error SRN0001 not valid YAML: Missing closing "quote'] },
  { name: "a tab", text: "a:\n\tb: 1\n", says: ["2:1 error SRN0001 a tab indents this line; YAML takes only spaces"] },
  {
    name: "bad nesting",
    text: "a: b: c\n",
    says: ["1:4 error SRN0001 not valid YAML: Nested mappings are not allowed in compact mappings"],
  },
  {
    name: "the same key twice",
    text: "a: 1\nb: 2\na: 3\n",
    says: ["3:1 error SRN0002 the key stands twice in this map; only one of them would count: remove the other"],
  },
  {
    name: "a word that YAML 1.1 takes for a boolean",
    text: `${HEAD}data: {country: NO, ok: "no"}\n`,
    says: ['4:17 warning SRN0004 NO is read as false here (YAML 1.1); write "NO" for the text, or false'],
  },
  { name: "plain true and false", text: `${HEAD}data: {a: true, b: false}\n`, says: [] },
  { name: "nothing but comments", text: "# nothing\n---\n# here\n", says: [] },
  { name: "an empty file", text: "", says: [] },
  { name: "markers only", text: "---\n---\n", says: [] },
])("$name", ({ text, says }) => {
  expect(said(parseManifest(text, "f.yaml").problems)).toEqual(says);
});

test("documents of one file are told apart, with lines counted from the file's start", () => {
  const text = `# first\n---\n${HEAD}---\n${HEAD}data:\n  a: |\n    text\n    --- no end\n---\nbroken: [\n`;
  const manifest = parseManifest(text, "f.yaml");
  expect(manifest.documents.map(({ value }) => (value as { data?: unknown }).data)).toEqual([
    undefined,
    { a: "text\n--- no end\n" },
  ]);
  expect(manifest.documents[1]!.placeOf(["data", "a"])).toEqual({ line: 11, column: 6, length: 26 });
  expect(manifest.problems.map(({ place }) => place.line)).toEqual([16]);
});

test("a path leads to its value, a missing field to the key above it", () => {
  const manifest = parseManifest("spec:\n  steps:\n    - setWeight: 20\n    - pause: {duration: 5x}\n", "f.yaml");
  const place = (...path: (string | number)[]) => {
    const { line, column } = manifest.documents[0]!.placeOf(path);
    return `${line}:${column}`;
  };
  expect(place("spec", "steps", 1, "pause", "duration")).toBe("4:25");
  expect(place("spec", "steps", 0)).toBe("3:7");
  expect(place("spec", "steps")).toBe("2:3");
  expect(place("spec", "strategy", "steps")).toBe("1:1");
});

test("dates and times of day stay text, as the API server gets them from kubectl", () => {
  const [document] = parseManifest("day: 2026-01-01\ntime: 12:30\noctal: 0644\n", "f.yaml").documents;
  expect(document!.value).toEqual({ day: "2026-01-01", time: "12:30", octal: 420 });
});

test("a document larger than the API server takes is refused unread", () => {
  const { documents, problems } = parseManifest(`${HEAD}data:\n  a: ${"x".repeat(10 * 1024 * 1024)}\n`, "f.yaml");
  expect(documents).toEqual([]);
  expect(said(problems)).toEqual([
    "1:1 error SRN0003 the document has 10.0 MiB, but the API server takes at most 3 MiB; split it, or keep the data elsewhere",
  ]);
});

test("a map with very many keys is read in time", () => {
  const keys = Array.from({ length: 30_000 }, (_, i) => `  key${i}: value`).join("\n");
  const { documents, problems } = parseManifest(`${HEAD}data:\n${keys}\n`, "f.yaml");
  expect(problems).toEqual([]);
  expect(Object.keys((documents[0]!.value as { data: object }).data)).toHaveLength(30_000);
});

test("bombs of aliases are refused", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  const { problems, documents } = parseManifest(lines.join("\n"), "f.yaml");
  expect(documents).toEqual([]);
  expect(said(problems)).toEqual([
    "1:1 error SRN0001 not valid YAML: Excessive alias count indicates a resource exhaustion attack",
  ]);
});

test.each([
  { text: "hello", says: "1:1 error SRN0005 this is no Kubernetes object: it needs apiVersion, kind and metadata" },
  {
    text: "kind: Canary\nmetadata: {name: a}",
    says: "1:1 error SRN0005 apiVersion is missing: write it as text, such as serin.dev/v1alpha1",
  },
  { text: "apiVersion: v1\nkind: Pod", says: "1:1 error SRN0005 metadata is missing: write metadata: {name: …}" },
  {
    text: "apiVersion: v1\nkind: Pod\nmetadata: {name: 5}",
    says: "3:18 error SRN0005 metadata.name is no text: write the object's name",
  },
])("$text is no object", ({ text, says }) => {
  expect(said(objectsIn(parseManifest(text, "f.yaml")).problems)).toEqual([says]);
});

test("a List is taken apart, and paths still lead to the right place", () => {
  const manifest = parseManifest(
    `apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: A, metadata: {name: a}}\n  - {apiVersion: v1, kind: B, metadata: {name: b}}\n`,
    "f.yaml",
  );
  const { objects } = objectsIn(manifest);
  expect(objects.map(({ object }) => object.kind)).toEqual(["A", "B"]);
  expect(objects[1]!.placeOf(["metadata", "name"])).toMatchObject({ line: 5, column: 48 });
});
