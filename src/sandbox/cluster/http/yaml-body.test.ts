import { expect, test } from "vitest";
import { parseYamlBody, toYaml } from "./yaml-body.ts";

test("scalars are read as Kubernetes reads them: YAML 1.1 without dates and base 60", () => {
  const text = "a: yes\nb: 2001-01-01\nc: 1:30\nd: 0o7\ne: '1'\nf: 1.5\ng: ~\nh: <<\ni: off\nj: 0x10\n";
  expect(parseYamlBody(text).value).toEqual({
    a: true,
    b: "2001-01-01",
    c: "1:30",
    d: "0o7",
    e: "1",
    f: 1.5,
    g: null,
    h: "<<",
    i: false,
    j: 16,
  });
});

test("anchors and merge keys", () => {
  expect(parseYamlBody("base: &b {x: 1}\nmore: {<<: *b, z: 2}\n").value).toEqual({
    base: { x: 1 },
    more: { x: 1, z: 2 },
  });
});

test("doubled fields are found, the last one counts", () => {
  const { value, duplicates } = parseYamlBody("a: 1\nb: [{c: 1, c: 2}]\na: 3\n");
  expect([value, duplicates]).toEqual([{ a: 3, b: [{ c: 2 }] }, ["b[0].c", "a"]]);
});

test("what is written is read back as the same", () => {
  const value = {
    a: "yes",
    b: "1",
    c: "2001-01-01",
    d: "line\nline\n",
    e: ["on", true, null, 1.5],
    f: { "x/y.z": "~" },
  };
  expect(parseYamlBody(toYaml(value)).value).toEqual(value);
});
