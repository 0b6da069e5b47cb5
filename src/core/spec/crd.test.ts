import { readFileSync } from "node:fs";
import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { SAMPLES } from "../../../testbed/conformance/crd-samples.ts";
import { serinCrds } from "./crd.generated.ts";
import { canaryActionCrd, canaryCrd } from "./crd.ts";
import { parseCanary, parseCanaryAction } from "./parse.ts";
import type { JsonSchema } from "./structural.ts";

const CRDS = [canaryCrd(), canaryActionCrd()];

describe("the checked-in CRDs", () => {
  it.each(CRDS.map((crd) => [crd.spec.names["plural"] as string, crd]))(
    "%s is what the schema makes",
    (plural, crd) => {
      const file = new URL(`../../../deploy/crds/serin.dev_${plural}.yaml`, import.meta.url);
      expect(parseYaml(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(crd)));
    },
  );

  it("are the ones that start-up reads", () => {
    expect(serinCrds()).toEqual(JSON.parse(JSON.stringify(CRDS)));
  });
});

describe("a structural schema", () => {
  const schemas = CRDS.flatMap((crd) => nodesOf(crd.spec.versions[0]!.schema.openAPIV3Schema, crd.metadata.name));

  it("has a type at every place, and no keyword that a CRD refuses", () => {
    const refused = ["anyOf", "oneOf", "allOf", "not", "$ref", "$schema", "const", "examples", "reserved", "lines"];
    for (const [path, node] of schemas) {
      expect(node.type, path).toBeDefined();
      expect(
        Object.keys(node).filter((keyword) => refused.includes(keyword)),
        path,
      ).toEqual([]);
      expect(node.properties !== undefined && "additionalProperties" in node, path).toBe(false);
    }
  });

  it("bounds no integer by what a double holds", () => {
    for (const [path, node] of schemas)
      expect(Math.abs(Number(node["maximum"] ?? node["minimum"] ?? 0)), path).toBeLessThan(1e9);
  });

  it("describes every field of spec for kubectl explain", () => {
    const fields = schemas.filter(([path]) => /[.]spec[.]/.test(path) && !path.endsWith("[]"));
    expect(fields.filter(([, node]) => node.description === undefined).map(([path]) => path)).toEqual([]);
  });
});

describe("a rule says the same in CEL and in the parser", () => {
  const VERSIONS = { stable: "echo-v1", canary: "echo-v2" };
  const ok = { versions: VERSIONS, strategy: { steps: [{ setWeight: 20 }] } };
  const step = (...steps: unknown[]) => ({ versions: VERSIONS, strategy: { steps } });
  const pause = (duration: string) => step({ pause: { duration } });
  const rule = (destinationRule: unknown) => ({ ...ok, traffic: { istio: { destinationRule } } });
  it.each<[unknown, boolean]>([
    [ok, true],
    [{ strategy: ok.strategy }, false],
    [{ versions: VERSIONS }, false],
    [{ versions: VERSIONS, strategy: {} }, false],
    [{ ...ok, versions: { stable: "a", canary: "a" } }, false],
    [{ ...ok, versions: { stable: "a.b-c", canary: "a" } }, true],
    [{ ...ok, versions: { stable: "-a", canary: "a" } }, false],
    [{ ...ok, versions: { stable: "écho", canary: "a" } }, false],
    [{ ...ok, versions: { stable: "Echo", canary: "a" } }, false],
    [{ ...ok, versions: { stable: "a..b", canary: "a" } }, false],
    [{ ...ok, target: {} }, false],
    [{ ...ok, analysis: {} }, true],
    [{ ...ok, analysis: { latency: {} } }, false],
    [{ ...ok, strategy: { ...ok.strategy, adaptive: {} } }, false],
    [{ ...ok, traffic: { gatewayAPI: {} } }, false],
    [step({}), false],
    [step({ setWeight: 1, pause: {} }), false],
    [step({ pause: {} }), true],
    ...["30s", "1h30m", "1.5h", "250ms", "0s", "0", ".5s", "1.s", "8760h", "+5s"].map((d): [unknown, boolean] => [
      pause(d),
      true,
    ]),
    ...["5x", "5", "s", "-5s", "8761h", "1d", " 5s", "5s ", "1h 30m", "99999999h"].map((d): [unknown, boolean] => [
      pause(d),
      false,
    ]),
    [rule({ name: "echo", stableSubset: "v1", canarySubset: "v1" }), false],
    [rule({ name: "echo", stableSubset: "v1", canarySubset: "v2" }), true],
    [rule({ name: "echo", canarySubset: "v2" }), true],
    [rule({ name: "echo", canarySubset: "v.2" }), false],
  ])("%j: %s", (spec, good) => {
    const object = { apiVersion: "serin.dev/v1alpha1", kind: "Canary", metadata: { name: "echo" }, spec };
    const schema = canaryCrd().spec.versions[0]!.schema.openAPIV3Schema;
    expect(brokenRules(schema.properties!["spec"]!, spec).length === 0).toBe(good);
    expect(parseCanary(object).ok).toBe(good);
  });
});

describe("the samples that a real API server judges (testbed/conformance/crd-real.ts)", () => {
  it.each(SAMPLES.map((sample) => [sample.what, sample] as const))(
    "%s: the parser's verdict is the same",
    (_what, sample) => {
      const parsed = sample.object["kind"] === "Canary" ? parseCanary(sample.object) : parseCanaryAction(sample.object);
      expect(parsed.ok).toBe(sample.refused === undefined);
      if (!parsed.ok) expect(parsed.errors.map(({ path }) => path)).toContain(sample.refused![0]);
    },
  );
});

/** Messages of the CEL rules that a value breaks, at every depth. */
function brokenRules(schema: JsonSchema, value: unknown): string[] {
  const broken = (schema["x-kubernetes-validations"] ?? []).filter(({ rule }) => !holds(rule, value));
  const below =
    schema.type === "array" && Array.isArray(value)
      ? value.flatMap((item) => brokenRules(schema.items!, item))
      : Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
          const inner = (value as Record<string, unknown>)?.[name];
          return inner === undefined ? [] : brokenRules(child, inner);
        });
  return [...broken.map(({ message }) => message!), ...below];
}

/** As the API server does: a rule that cannot be evaluated does not hold. */
function holds(rule: string, self: unknown): boolean {
  try {
    return new Environment({ unlistedVariablesAreDyn: true }).evaluate(rule, { self }) === true;
  } catch {
    return false;
  }
}

function nodesOf(node: JsonSchema, path: string): [string, JsonSchema][] {
  const children = Object.entries(node.properties ?? {}).flatMap(([name, child]) => nodesOf(child, `${path}.${name}`));
  return [[path, node], ...children, ...(node.items === undefined ? [] : nodesOf(node.items, `${path}[]`))];
}
