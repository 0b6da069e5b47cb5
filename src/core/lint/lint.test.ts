import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeObject } from "../kubernetes/object.ts";
import { type Finding, LINT_CODES } from "./finding.ts";
import { lintObjects } from "./lint.ts";
import type { CrdLike } from "./schema-rules.ts";

const ISTIO = new URL("../../sandbox/cluster/schema/istio.json", import.meta.url);
const crds = (JSON.parse(readFileSync(ISTIO, "utf8")) as { definitions: CrdLike[] }).definitions;

/** Objects by the short forms below, in flow YAML for their specs. */
function object(apiVersion: string, kind: string, name: string, spec: string, namespace?: string): KubeObject {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion, kind, metadata, spec: parse(spec) as unknown };
}

const service = (name = "echo") => object("v1", "Service", name, "{selector: {app: echo}, ports: [{port: 80}]}");
const deployment = (name: string, version: string) =>
  object(
    "apps/v1",
    "Deployment",
    name,
    `{template: {metadata: {labels: {app: echo, version: ${version}}}, spec: {containers: []}}}`,
  );
const gateway = (name = "echo") => object("networking.istio.io/v1", "Gateway", name, "{servers: []}");
const rule = (spec = "{host: echo, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}") =>
  object("networking.istio.io/v1", "DestinationRule", "echo", spec);
const virtualService = (http: string, gateways = "[echo]", name = "echo") =>
  object("networking.istio.io/v1", "VirtualService", name, `{hosts: ["*"], gateways: ${gateways}, http: ${http}}`);
const canary = (spec: string, name = "echo") => object("serin.dev/v1alpha1", "Canary", name, spec);

const SPLIT =
  "[{route: [{destination: {host: echo, subset: v1}, weight: 80}, {destination: {host: echo, subset: v2}, weight: 20}]}]";
const STEPS = "strategy: {steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]}";
const CANARY = `{versions: {stable: echo-v1, canary: echo-v2}, ${STEPS}}`;
const STORY = [
  deployment("echo-v1", "v1"),
  deployment("echo-v2", "v2"),
  service(),
  rule(),
  gateway(),
  virtualService(SPLIT),
];

function say({ code, severity, path, message, cure }: Finding): string {
  return `${code} ${severity} ${path}: ${message}; ${cure}`;
}

function lint(objects: KubeObject[], complete = false): string[] {
  return lintObjects(objects, { namespace: "default", crds, complete }).map(say);
}

/** Findings in the story with one of its objects replaced, those of the others aside. */
function lintWith(changed: KubeObject): string[] {
  const objects = [...STORY.filter(({ kind }) => kind !== changed.kind), changed];
  const index = objects.length - 1;
  return lintObjects(objects, { namespace: "default", crds })
    .filter((finding) => finding.object === index)
    .map(say);
}

describe("the story's objects", () => {
  it.each([true, false])("are clean (complete: %s), with and without a Canary", (complete) => {
    expect(lint(STORY, complete)).toEqual([]);
    expect(lint([...STORY, canary(CANARY)], complete)).toEqual([]);
  });

  it("are named with their kind, name and namespace", () => {
    const [finding] = lintObjects([object("serin.dev/v1alpha1", "Canary", "echo", "{}", "shop")], {
      namespace: "default",
    });
    expect(finding).toMatchObject({
      object: 0,
      subject: "Canary echo.shop",
      segments: ["spec", "versions"],
      path: "spec.versions",
    });
  });
});

describe("a Canary", () => {
  const versions = "versions: {stable: echo-v1, canary: echo-v2}";
  it.each<[string, string, string[]]>([
    [
      "that breaks its schema",
      `{${versions}, strategy: {steps: [{pause: {duration: 5x}}]}}`,
      [
        'SRN0101 error spec.strategy.steps[0].pause.duration: "5x" is not a duration from 0s to 8760h; write numbers with their units (ms, s, m, h), such as 30s, 5m or 1h30m',
      ],
    ],
    [
      "whose steps fall",
      `{${versions}, strategy: {steps: [{setWeight: 50}, {pause: {}}, {setWeight: 20}, {setWeight: 100}]}}`,
      [
        "SRN0102 warning spec.strategy.steps[2].setWeight: falls from 50 to 20; write rising weights, unless the canary shall have less for a while",
      ],
    ],
    [
      "that jumps at the end",
      `{${versions}, strategy: {steps: [{setWeight: 20}, {pause: {}}]}}`,
      [
        "SRN0103 info spec.strategy.steps[0]: after the last step the canary goes from 20 to 100 at once; add {setWeight: 100} after a pause to see it coming, or leave it so",
      ],
    ],
    [
      "of a Deployment that is elsewhere",
      `{versions: {stable: echo-v1, canary: echo-v3}, ${STEPS}}`,
      [
        "SRN0104 warning spec.versions.canary: Deployment echo-v3 is not in namespace default in these files; create it, or correct the name",
      ],
    ],
    [
      "of a VirtualService that is elsewhere",
      `{${versions}, traffic: {istio: {virtualServices: [{name: web}]}}, ${STEPS}}`,
      [
        "SRN0105 warning spec.traffic: VirtualService web is not in namespace default; create it, or name another one in spec.traffic.istio.virtualServices (there: echo)",
      ],
    ],
  ])("%s", (_what, spec, expected) => {
    expect(lintWith(canary(spec))).toEqual(expected);
  });

  it("is told apart from one that moves the same route", () => {
    const expected =
      "SRN0106 error spec.versions: moves the same route (default/echo/#0) as Canary echo, so one of the two would be stalled; delete one of them, or name other routes under spec.traffic.istio.virtualServices";
    expect(lint([...STORY, canary(CANARY), canary(CANARY, "again")])).toEqual([expected]);
  });

  it("is an error when its Deployment is missing from all there is", () => {
    expect(lint([...STORY.slice(1), canary(CANARY)], true)).toContain(
      "SRN0104 error spec.versions.stable: Deployment echo-v1 is not in namespace default in the cluster; create it, or correct the name",
    );
  });

  it("is an error when two VirtualServices could be meant, whatever else there is", () => {
    const found = lint([...STORY, virtualService(SPLIT, "[mesh]", "inner"), canary(CANARY)]);
    expect(found).toEqual([
      "SRN0105 error spec.versions: more than one VirtualService sends to the two versions; write the ones to move under spec.traffic.istio, for all of them: virtualServices: [{name: echo}, {name: inner}]",
    ]);
  });
});

describe("a VirtualService", () => {
  const to = (subset: string, weight: string, more = "") =>
    `{destination: {host: echo, subset: ${subset}}, weight: ${weight}${more}}`;
  const route = (...destinations: string[]) => `{route: [${destinations.join(", ")}]}`;
  it.each<[string, string, string[]]>([
    [
      "with weights that do not sum to 100",
      `[${route(to("v1", "80"), to("v2", "10"))}]`,
      [
        "SRN0206 warning spec.http[0].route: weights 80 + 10 sum to 90, which Istio takes as 88.9 % + 11.1 %; write weights that sum to 100",
      ],
    ],
    [
      "with weights of zero",
      `[${route(to("v1", "0"), to("v2", "0"))}]`,
      ["SRN0205 error spec.http[0].route: all weights are 0; give them a sum of 100"],
    ],
    [
      "with a negative weight",
      `[${route(to("v1", "120"), to("v2", "-20"))}]`,
      ["SRN0204 error spec.http[0].route[1].weight: weight of echo:v2 is -20; write a whole number from 0, such as 20"],
    ],
    [
      "with a misspelt field",
      `[{rout: [], route: [{destination: {host: echo, subset: v1}}]}]`,
      ["SRN0201 error spec.http[0].rout: rout is not a field that Istio knows; did you mean route?"],
    ],
    [
      "with a weight as text",
      `[${route(to("v1", '"80"'), to("v2", "20"))}]`,
      [
        'SRN0202 error spec.http[0].route[0].weight: is "80"; write a whole number',
        'SRN0204 error spec.http[0].route[0].weight: weight of echo:v1 is "80"; write a whole number from 0, such as 20',
      ],
    ],
    [
      "with a time that is none",
      `[{timeout: 5x, route: [{destination: {host: echo, subset: v1}}]}]`,
      [
        'SRN0203 error spec.http[0].timeout: "5x" is not a duration; write a number with its unit (ms, s, m, h), such as 5s',
      ],
    ],
    [
      "that is empty",
      "[]",
      [
        "SRN0207 error spec.http: has no routes, so every request to its hosts is answered 404; write http: [{route: [{destination: {host: echo, subset: v1}}]}]",
      ],
    ],
    [
      "with a route that sends nowhere",
      "[{match: [{uri: {prefix: /}}]}]",
      [
        "SRN0207 error spec.http[0]: sends nowhere; write route: [{destination: {host: echo, subset: v1}}], or redirect, directResponse or delegate",
      ],
    ],
    [
      "with a route behind one for everything",
      `[${route(to("v1", "100"))}, {match: [{uri: {prefix: /x}}], route: [${to("v2", "100")}]}]`,
      [
        "SRN0208 warning spec.http[1]: is never reached: http[0] before it matches every request; move it up, or give the route before it a match",
      ],
    ],
    [
      "with a subset that is not defined",
      `[${route(to("v1", "80"), to("v22", "20"))}]`,
      [
        "SRN0301 error spec.http[0].route[1].destination.subset: DestinationRule echo has no subset v22, so its share is answered 503; did you mean v2?",
      ],
    ],
    [
      "to a host that nobody serves",
      "[{route: [{destination: {host: ecko}}]}]",
      [
        "SRN0302 warning spec.http[0].route[0].destination.host: no Service ecko in namespace default in these files, so nobody serves ecko; did you mean echo?",
      ],
    ],
    ["to the world outside", "[{route: [{destination: {host: api.example.com}}]}]", []],
    [
      "to another namespace",
      "[{route: [{destination: {host: web.shop.svc.cluster.local}}]}]",
      [
        "SRN0302 warning spec.http[0].route[0].destination.host: no Service web in namespace shop in these files, so nobody serves web.shop.svc.cluster.local; create it, or correct the host",
      ],
    ],
  ])("%s", (_what, http, expected) => {
    expect(lintWith(virtualService(http))).toEqual(expected);
  });

  it("of a Gateway that is elsewhere", () => {
    expect(lintWith(virtualService(SPLIT, "[mesh, ecko, shop/front]"))).toEqual([
      "SRN0304 warning spec.gateways[1]: Gateway ecko is not in namespace default in these files; did you mean echo?",
      "SRN0304 warning spec.gateways[2]: Gateway front is not in namespace shop in these files; create it, or correct the name",
    ]);
  });

  it("without any DestinationRule for its subsets is warned about once for each", () => {
    const found = lintObjects([service(), gateway(), virtualService(SPLIT)], { namespace: "default" });
    expect(found.map(({ code, severity, path }) => `${code} ${severity} ${path}`)).toEqual([
      "SRN0301 warning spec.http[0].route[0].destination.subset",
      "SRN0301 warning spec.http[0].route[1].destination.subset",
    ]);
  });
});

describe("a DestinationRule", () => {
  it("with a subset that selects no pods", () => {
    expect(
      lintWith(rule("{host: echo, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v3}}]}")),
    ).toEqual([
      "SRN0303 warning spec.subsets[1]: subset v2 selects no pods: no Deployment in these files has {version: v3} on its pod template; correct its labels, or add the Deployment",
    ]);
  });

  it("without its host", () => {
    expect(lintWith(rule("{subsets: [{name: v1}]}"))).toEqual(["SRN0202 error spec.host: is missing; write host:"]);
  });
});

describe("any objects at all", () => {
  it("that come twice are noted", () => {
    expect(lint([service(), service()])).toEqual([
      "SRN0305 info metadata.name: Service echo was there before; applied in this order the last one stays; give it a name of its own if both are meant",
    ]);
  });

  it("never make the linter fail, and get codes that are documented", () => {
    const junk = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(null, 5, "v1", "", true, -1),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            "http",
            "route",
            "destination",
            "host",
            "subset",
            "weight",
            "subsets",
            "name",
            "labels",
            "versions",
            "stable",
            "canary",
            "strategy",
            "steps",
            "gateways",
            "traffic",
            "istio",
            "template",
            "metadata",
          ),
          tie("value"),
          { maxKeys: 4 },
        ),
      ),
    })).value;
    const any = fc.tuple(fc.constantFrom(...STORY, canary(CANARY)), junk).map(([base, spec]) => ({ ...base, spec }));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 4 }), (objects) => {
        for (const { code } of lintObjects([...STORY, ...objects], { namespace: "default", crds }))
          expect(LINT_CODES[code]).toBeDefined();
      }),
      { seed: 1, numRuns: 400 },
    );
  });
});
