import { describe, expect, test } from "vitest";
import { serinCrds } from "../../../core/spec/crd.generated.ts";
import type { Json } from "../json.ts";
import { gatewayApiDefinitions, istioDefinitions } from "../schema/builtin.ts";
import type { RawRule, RawSchema } from "../schema/raw-schema.ts";
import { nodeOf } from "../schema/schema-node.ts";
import { programOf } from "./environment.ts";
import { celProblems } from "./rules.ts";

function problems(schema: RawSchema, after: Json, before?: Json): string[] {
  return celProblems(nodeOf(schema, {}), after, before).map(({ field, message }) => `${field}: ${message}`);
}

function withRule(rule: RawRule | string, properties: Record<string, RawSchema>): RawSchema {
  const rules = [typeof rule === "string" ? { rule, message: "broken" } : rule];
  return { type: "object", properties: { spec: { type: "object", properties, "x-kubernetes-validations": rules } } };
}

function rulesIn(value: unknown): string[] {
  if (value === null || typeof value !== "object") return [];
  const { "x-kubernetes-validations": own } = value as RawSchema;
  const here = Array.isArray(own)
    ? own.flatMap(({ rule, messageExpression = [] }) => [rule, messageExpression].flat())
    : [];
  return [...here, ...Object.values(value).flatMap(rulesIn)];
}

test("every rule of the definitions that the sandbox brings along compiles", () => {
  const rules = new Set([...istioDefinitions(), ...gatewayApiDefinitions(), ...serinCrds()].flatMap(rulesIn));
  expect(rules.size).toBeGreaterThan(80);
  for (const rule of rules) expect(() => programOf(rule), rule).not.toThrow();
});

describe("values", () => {
  const rows: [rule: string, properties: Record<string, RawSchema>, spec: Json][] = [
    ["self.count / 2 == 2", { count: { type: "integer" } }, { count: 5 }],
    ["self.ratio > 0.4 && self.ratio < 1.0", { ratio: { type: "number" } }, { ratio: 0.5 }],
    [
      "self.when < timestamp('2026-02-01T00:00:00Z')",
      { when: { type: "string", format: "date-time" } },
      { when: "2026-01-01T00:00:00Z" },
    ],
    ["duration(self.wait) <= duration('1m')", { wait: { type: "string" } }, { wait: "30s" }],
    ["self.__namespace__ == 'x'", { namespace: { type: "string" } }, { namespace: "x" }],
    ["self.a__dash__b == 1", { "a-b": { type: "integer" } }, { "a-b": 1 }],
    [
      "self.map['a.b'] == 1",
      { map: { type: "object", additionalProperties: { type: "integer" } } },
      { map: { "a.b": 1 } },
    ],
    [
      "self.list.all(x, x.startsWith('a')) && size(self.list) == 2",
      { list: { type: "array", items: { type: "string" } } },
      { list: ["a", "ab"] },
    ],
    [
      "type(self.port) == int || self.port.matches('^[a-z]+$')",
      { port: { "x-kubernetes-int-or-string": true } },
      { port: 80 },
    ],
    ["!has(self.absent) && has(self.there)", { absent: { type: "string" }, there: { type: "string" } }, { there: "" }],
    [
      "url(self.at).getScheme() == 'https' && !isURL('nope')",
      { at: { type: "string" } },
      { at: "https://a.example/b" },
    ],
    // has() of an item, of an item within a loop, and nested: Gateway API asks so.
    [
      "has(self.list[0].a) && !has(self.list[1].a) && self.list.exists(x, has(self.list[0].a) && !has(x.a))",
      { list: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } } },
      { list: [{ a: "" }, {}] },
    ],
    [
      "has(self.map['x'].list[has(self.map['y'].list) ? 1 : 0].a)",
      {
        map: {
          type: "object",
          additionalProperties: {
            type: "object",
            properties: { list: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } } },
          },
        },
      },
      { map: { x: { list: [{ a: "matches(" }] }, y: {} } },
    ],
    // RE2's flags, in every place where a pattern may stand.
    [
      "self.name.matches('(?i)^ab$') && self.name.lowerAscii().matches('^' + 'ab$') && 'x'.matches(\"x\")",
      { name: { type: "string" } },
      { name: "AB" },
    ],
    [
      "self.name.find('[0-9]+') == '12' && self.name.findAll('[0-9]') == ['1', '2', '3']",
      { name: { type: "string" } },
      { name: "a12b3" },
    ],
    [
      "isIP(self.at) && ip(self.at).family() == 6 && !isIP('::ffff:1.2.3.4') && !isIP('01.2.3.4') && isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33')",
      { at: { type: "string" } },
      { at: "fe80::1" },
    ],
    [
      "!format.dns1123Label().validate(self.name).hasValue() && format.uuid().validate(self.name).value() == ['does not match the UUID format']",
      { name: { type: "string" } },
      { name: "a-b" },
    ],
    [
      "self.list.max() == 3 && self.list.min() == 1 && self.list.indexOf(3) == 1 && self.list.lastIndexOf(4) == -1",
      { list: { type: "array", items: { type: "integer" } } },
      { list: [1, 3, 2] },
    ],
  ];

  test.each(rows)("%s", (rule, properties, spec) => {
    expect(problems(withRule(rule, properties), { spec })).toEqual([]);
    expect(problems(withRule(`!(${rule})`, properties), { spec })).toEqual(['spec: Invalid value: "object": broken']);
  });
});

describe("transitions", () => {
  const schema = withRule("self.a >= oldSelf.a", { a: { type: "integer" } });

  test("don't run on new values", () => expect(problems(schema, { spec: { a: 1 } })).toEqual([]));
  test("compare with what was there", () => {
    expect(problems(schema, { spec: { a: 2 } }, { spec: { a: 1 } })).toEqual([]);
    expect(problems(schema, { spec: { a: 1 } }, { spec: { a: 2 } })).toEqual(['spec: Invalid value: "object": broken']);
  });
  test("follow list items by their keys, not by their place", () => {
    const items: RawSchema = {
      type: "object",
      properties: { k: { type: "string" }, v: { type: "integer" } },
      "x-kubernetes-validations": [{ rule: "self.v == oldSelf.v", message: "fixed" }],
    };
    const list: RawSchema = {
      type: "array",
      items,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    };
    const [a, b] = [
      { k: "a", v: 1 },
      { k: "b", v: 2 },
    ];
    const schema: RawSchema = { type: "object", properties: { list } };
    expect(problems(schema, { list: [b, a] }, { list: [a, b] })).toEqual([]);
    expect(problems(schema, { list: [b, { k: "a", v: 9 }] }, { list: [a, b] })).toEqual([
      'list[1]: Invalid value: "object": fixed',
    ]);
  });
});

test("what did not change is not judged again when a definition has become stricter", () => {
  const schema = withRule("self.a < 5", { a: { type: "integer" }, b: { type: "integer" } });
  expect(problems(schema, { spec: { a: 9 }, other: 1 }, { spec: { a: 9 } })).toEqual([]);
  expect(problems(schema, { spec: { a: 9, b: 1 } }, { spec: { a: 9 } })).toHaveLength(1);
});

test("a rule that can't be evaluated says why, with the rule's own message", () => {
  const schema = withRule(
    { rule: "duration(self.wait) > duration('0s')", message: "must be a duration" },
    { wait: { type: "string" } },
  );
  expect(problems(schema, { spec: { wait: "5x" } })[0]).toMatch(/5x evaluating rule: must be a duration$/);
});
