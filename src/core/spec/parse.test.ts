import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCanary, parseCanaryAction } from "./parse.ts";
import { type Parsed, sayError } from "./problem.ts";

const VERSIONS = { stable: "echo-v1", canary: "echo-v2" };
const STEPS = [{ setWeight: 20 }, { pause: { duration: "30s" } }, { setWeight: 100 }];

function canary(spec: unknown, more: Record<string, unknown> = {}): unknown {
  return { apiVersion: "serin.dev/v1alpha1", kind: "Canary", metadata: { name: "echo" }, spec, ...more };
}

function action(spec: unknown): unknown {
  return { apiVersion: "serin.dev/v1alpha1", kind: "CanaryAction", metadata: { generateName: "echo-" }, spec };
}

function errorsOf(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? [] : parsed.errors.map(sayError);
}

function stepErrors(step: unknown): string[] {
  return errorsOf(parseCanary(canary({ versions: VERSIONS, strategy: { steps: [step] } })));
}

describe("a good Canary", () => {
  it("keeps what was written and fills in analysis", () => {
    const input = canary({ versions: VERSIONS, strategy: { steps: STEPS } }, { status: { phase: "Idle" } });
    expect(parseCanary(input)).toEqual({
      ok: true,
      value: { ...(input as object), spec: { versions: VERSIONS, strategy: { steps: STEPS }, analysis: {} } },
    });
  });

  it.each([
    ["an indefinite pause", { pause: {} }],
    ["no pause at all", { pause: { duration: "0s" } }],
    ["mixed units", { pause: { duration: "1h30m" } }],
    ["a fraction", { pause: { duration: "1.5h" } }],
    ["the least weight", { setWeight: 0 }],
    ["the most weight", { setWeight: 100 }],
  ])("may have %s", (_what, step) => {
    expect(stepErrors(step)).toEqual([]);
  });

  it("may let weights fall: going back a step is a plan, which lint remarks on", () => {
    const steps = [{ setWeight: 50 }, { setWeight: 10 }];
    expect(parseCanary(canary({ versions: VERSIONS, strategy: { steps } })).ok).toBe(true);
  });

  it("may name where its traffic is split", () => {
    const traffic = {
      istio: {
        virtualServices: [{ name: "echo", routes: ["primary"] }],
        destinationRule: { name: "echo", stableSubset: "v1", canarySubset: "v2" },
      },
    };
    const parsed = parseCanary(canary({ versions: VERSIONS, traffic, strategy: { steps: STEPS } }));
    expect(parsed.ok && parsed.value.spec.traffic).toEqual(traffic);
  });
});

describe("a step", () => {
  it.each<[unknown, string]>([
    [{ setWeight: "20" }, 'spec.strategy.steps[0].setWeight: is "20", must be a whole number; write setWeight: 20'],
    [{ setWeight: 1.5 }, "spec.strategy.steps[0].setWeight: is 1.5, must be a whole number; write setWeight: 20"],
    [{ setWeight: 101 }, "spec.strategy.steps[0].setWeight: is 101, must be 100 or less; write setWeight: 20"],
    [{ setWeight: -1 }, "spec.strategy.steps[0].setWeight: is -1, must be 0 or more; write setWeight: 20"],
    [{ setweight: 20 }, "spec.strategy.steps[0].setweight: is not a field that Serin knows; did you mean setWeight?"],
    [
      { setWeight: 20, pause: {} },
      "spec.strategy.steps[0]: has setWeight and pause in one step; write them as two steps, in their order",
    ],
    [{}, "spec.strategy.steps[0]: has neither setWeight nor pause; write {setWeight: 20}"],
    [20, "spec.strategy.steps[0]: is 20, must be one of {setWeight}, {pause}; write {setWeight: 20}"],
    [
      { pause: { duration: "5x" } },
      'spec.strategy.steps[0].pause.duration: "5x" is not a duration from 0s to 8760h; write numbers with their units (ms, s, m, h), such as 30s, 5m or 1h30m',
    ],
    [
      { pause: { duration: "-5s" } },
      'spec.strategy.steps[0].pause.duration: "-5s" is not a duration from 0s to 8760h; write numbers with their units (ms, s, m, h), such as 30s, 5m or 1h30m',
    ],
    [{ pause: { duration: 30 } }, "spec.strategy.steps[0].pause.duration: is 30, must be a text; write duration: 30s"],
    [
      { pause: { duraton: "30s" } },
      "spec.strategy.steps[0].pause.duraton: is not a field that Serin knows; did you mean duration?",
    ],
    [
      { pause: null },
      "spec.strategy.steps[0].pause: is null (nothing is written after the colon), must be an object; write pause: {duration: 30s}",
    ],
  ])("%j is refused by its path, with the cure", (step, message) => {
    expect(stepErrors(step)).toEqual([message]);
  });
});

describe("a Canary is refused", () => {
  const strategy = { steps: STEPS };
  it.each<[string, unknown, string[]]>([
    [
      "without steps, with the lines to add",
      { versions: VERSIONS, strategy: {} },
      ["spec.strategy.steps: is missing; write steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]"],
    ],
    [
      "with empty steps",
      { versions: VERSIONS, strategy: { steps: [] } },
      ["spec.strategy.steps: is empty; write steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]"],
    ],
    [
      "with the adaptive strategy, which does not exist yet",
      { versions: VERSIONS, strategy: { steps: STEPS, adaptive: { harmBudget: 25 } } },
      [
        "spec.strategy.adaptive: is not supported yet; write steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]",
      ],
    ],
    [
      "with latency checks, which do not exist yet",
      { versions: VERSIONS, strategy, analysis: { latency: [{ below: "250ms" }] } },
      [
        "spec.analysis.latency: is not supported yet; write analysis: {} for the built-in comparison of errors against the stable version",
      ],
    ],
    [
      "with routes of Gateway API, which are not moved yet",
      { versions: VERSIONS, strategy, traffic: { gatewayAPI: { httpRoutes: [{ name: "echo" }] } } },
      [
        "spec.traffic.gatewayAPI: is not supported yet; route with Istio: write traffic: {istio: {virtualServices: [{name: echo}]}}, or leave traffic out",
      ],
    ],
    [
      "with a target, which is not supported yet",
      { versions: VERSIONS, strategy, target: { kind: "Deployment", name: "echo" } },
      [
        "spec.target: is not supported yet; write versions: {stable: echo-v1, canary: echo-v2} with two Deployments of yours",
      ],
    ],
    [
      "with one version on both sides",
      { versions: { stable: "echo-v1", canary: "echo-v1" }, strategy },
      [
        'spec.versions.canary: "echo-v1" is the same Deployment as stable; name the Deployment to move the traffic to, such as echo-v2',
      ],
    ],
    [
      "with a name in Unicode",
      { versions: { stable: "écho", canary: "echo-v2" }, strategy },
      [
        "spec.versions.stable: \"écho\" is not a name that an object can have; write lower-case letters a-z, digits, '-' and '.', such as echo-v1",
      ],
    ],
    [
      "with misspelt fields, all at once",
      { version: VERSIONS, strategy },
      [
        "spec.versions: is missing; write versions: {stable: echo-v1, canary: echo-v2}",
        "spec.version: is not a field that Serin knows; did you mean versions?",
      ],
    ],
    [
      "with the same subset on both sides",
      {
        versions: VERSIONS,
        strategy,
        traffic: { istio: { destinationRule: { name: "echo", stableSubset: "v1", canarySubset: "v1" } } },
      },
      [
        'spec.traffic.istio.destinationRule.canarySubset: "v1" is the same subset as stableSubset; name the subset whose labels select the canary\'s pods',
      ],
    ],
    [
      "with one VirtualService twice",
      { versions: VERSIONS, strategy, traffic: { istio: { virtualServices: [{ name: "echo" }, { name: "echo" }] } } },
      ["spec.traffic.istio.virtualServices: names echo twice; write each VirtualService once, with all its routes"],
    ],
    [
      "without a spec",
      undefined,
      [
        "spec: is missing; write spec: {versions: {stable: echo-v1, canary: echo-v2}, strategy: {steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]}}",
      ],
    ],
  ])("%s", (_what, spec, messages) => {
    expect(errorsOf(parseCanary(canary(spec)))).toEqual(messages);
  });

  it.each<[string, unknown, string]>([
    [
      "for nothing at all",
      undefined,
      "is not a Canary but nothing; write apiVersion: serin.dev/v1alpha1, kind: Canary, metadata and spec",
    ],
    [
      "for a list",
      [],
      "is not a Canary but a list; write apiVersion: serin.dev/v1alpha1, kind: Canary, metadata and spec",
    ],
    [
      "for another version",
      canary({ versions: VERSIONS, strategy }, { apiVersion: "serin.dev/v1" }),
      'apiVersion: is "serin.dev/v1"; write apiVersion: serin.dev/v1alpha1',
    ],
    [
      "for a missing name",
      canary({ versions: VERSIONS, strategy }, { metadata: {} }),
      "metadata.name: is missing; write lower-case letters a-z, digits, '-' and '.', such as echo",
    ],
    [
      "for a name in Unicode",
      canary({ versions: VERSIONS, strategy }, { metadata: { name: "écho" } }),
      "metadata.name: \"écho\" is not a name that an object can have; write lower-case letters a-z, digits, '-' and '.', such as echo",
    ],
    [
      "for a field outside spec",
      canary({ versions: VERSIONS, strategy }, { strategy }),
      "strategy: is not a field that Serin knows; move it under spec, or remove it",
    ],
  ])("%s", (_what, input, message) => {
    expect(errorsOf(parseCanary(input))).toEqual([message]);
  });
});

describe("a CanaryAction", () => {
  const base = { canaryRef: { name: "echo" }, rollout: "6f9c2ab1" };
  it.each(["promote", "promoteFull", "pause", "resume", "skip", "abort", "retry", "undo"])("may ask to %s", (verb) => {
    expect(errorsOf(parseCanaryAction(action({ ...base, verb, reason: "looks fine", by: "jane", step: 1 })))).toEqual(
      [],
    );
  });

  it.each(["abort", "pause"])("may ask to %s without naming a rollout", (verb) => {
    expect(errorsOf(parseCanaryAction(action({ canaryRef: { name: "echo" }, verb })))).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      "an unknown verb",
      { ...base, verb: "rollback" },
      'spec.verb: is "rollback", must be one of promote, promoteFull, pause, resume, skip, abort, retry, undo; write verb: promote',
    ],
    [
      "a verb that moves on without its rollout",
      { canaryRef: { name: "echo" }, verb: "promote" },
      "spec.rollout: is missing, and this verb must say which rollout it means, so that an old file does nothing; write rollout: with the Canary's status.rollout.id",
    ],
    ["a negative step", { ...base, verb: "skip", step: -1 }, "spec.step: is -1, must be 0 or more; write step: 1"],
    [
      "a time in words",
      { ...base, verb: "promote", expiresAt: "tomorrow" },
      'spec.expiresAt: is "tomorrow", which has the wrong form; write expiresAt: "2026-11-24T18:00:00Z"',
    ],
    [
      "an empty Canary name",
      { ...base, canaryRef: { name: "" }, verb: "abort" },
      "spec.canaryRef.name: is empty; write name: echo",
    ],
  ])("is refused with %s", (_what, spec, message) => {
    expect(errorsOf(parseCanaryAction(action(spec)))).toEqual([message]);
  });
});

describe("anything at all", () => {
  const word = fc.constantFrom(
    "versions",
    "stable",
    "canary",
    "strategy",
    "steps",
    "setWeight",
    "pause",
    "duration",
    "traffic",
  );
  const junk = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<unknown>(null, undefined, 20, 1.5, -1, "30s", "", "5x", true, NaN, 10n),
      fc.string(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(word, fc.string()), tie("value"), { maxKeys: 4 }),
    ),
  })).value;

  it("is a Canary or a list of errors, each with a message and a cure of one line", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          junk,
          junk.map((spec) => canary(spec)),
        ),
        (input) => {
          const parsed = parseCanary(input);
          if (parsed.ok) return;
          expect(parsed.errors.length).toBeGreaterThan(0);
          for (const { message, cure } of parsed.errors) {
            expect(message).toMatch(/^.{2,}$/u);
            expect(cure).toMatch(/^.{2,}$/u);
          }
        },
      ),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
