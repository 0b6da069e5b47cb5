import { expect, test } from "vitest";
import { COSTLY_RULES, FOREIGN_RULES, TRUE_RULES } from "../../../../testbed/conformance/cel-rules.ts";
import { programOf } from "./environment.ts";

test.each([...TRUE_RULES, ...COSTLY_RULES])("%s", (rule) => {
  expect(programOf(rule)({ self: {} })).toBe(true);
});

test.each(FOREIGN_RULES)("is refused: %s", (rule) => {
  expect(() => programOf(rule)).toThrow();
});

test.each([
  ["quantity('x')", /"x" is no quantity/],
  ["quantity('1.5').asInteger()", /cannot convert value to integer/],
  ["semver('1')", /"1" is no semantic version/],
  ["ip('1.2.3')", /parse error/],
  ["cidr('1.2.3.4')", /parse error/],
  ["'%s'.format([])", /index 0 out of range/],
  ["'%d'.format(['a'])", /%d cannot be used here/],
])("%s fails when it is evaluated", (rule, message) => {
  const program = programOf(rule);
  expect(() => program({ self: {} })).toThrow(message);
});
