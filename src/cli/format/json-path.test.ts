import { expect, test } from "vitest";
import { evaluateJsonPath, parseJsonPath } from "./json-path.ts";

const LIST = {
  kind: "List",
  items: [
    { metadata: { name: "a", labels: { "app.kubernetes.io/name": "x" } }, spec: { replicas: 1, ready: true } },
    { metadata: { name: "b" }, spec: { replicas: 3, conditions: [{ type: "Ready", status: "True" }] } },
  ],
};

// Expected values are what kubectl 1.35 prints for the same object.
test.each([
  ["{.kind}", "List"],
  ["{$.kind}", "List"],
  [".kind", ".kind"],
  ["name: {.items[0].metadata.name}!", "name: a!"],
  ["{.items[*].metadata.name}", "a b"],
  ["{.items[-1].metadata.name}", "b"],
  ["{.items[0:2].spec.replicas}", "1 3"],
  ["{.items[:1].metadata.name}", "a"],
  [String.raw`{.items[0].metadata.labels.app\.kubernetes\.io/name}`, "x"],
  ["{.items[0]['metadata'].name}", "a"],
  ["{.items[*]['metadata.name', 'spec.replicas']}", "a 1 b 3"],
  ["{..name}", "a b"],
  ['{range .items[*]}{.metadata.name}={.spec.replicas}{"\\n"}{end}', "a=1\nb=3\n"],
  ["{.items[?(@.spec.replicas>1)].metadata.name}", "b"],
  ["{.items[?(@.metadata.name=='a')].spec.replicas}", "1"],
  ['{.items[?(@.metadata.name!="a")].metadata.name}', "b"],
  ["{.items[?(@.spec.ready==true)].metadata.name}", "a"],
  ["{.items[?(@.spec.conditions)].metadata.name}", "b"],
  ["{.items[1].spec.conditions[?(@.type=='Ready')].status}", "True"],
  ["{.items[0].spec}", '{"replicas":1,"ready":true}'],
  ["{.nothing.here}", ""],
  ["{'literal {braces}'}", "literal {braces}"],
])("%s", (template, printed) => {
  expect(evaluateJsonPath(parseJsonPath(template), LIST)).toBe(printed);
});

test("an item that is not there is an error, as in kubectl", () => {
  expect(() => evaluateJsonPath(parseJsonPath("{.items[5].a}"), LIST)).toThrow("there is no item 5 in a list of 2");
});

test.each([
  ["{.a", "is not closed"],
  ["{.a[}", '"[" is not closed'],
  ["{.a[x]}", 'cannot read "[x]"'],
  ["{range .items[*]}{.a}", "without {end}"],
  ["{end}", "without {range"],
  ["{.a b}", "cannot read"],
])("%s is refused", (template, message) => {
  expect(() => parseJsonPath(template)).toThrow(message);
});
