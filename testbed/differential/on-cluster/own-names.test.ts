import { expect, test } from "vitest";
import { HAND_WRITTEN } from "../cases/all.ts";
import { live } from "../run.ts";
import { HOME, namesSystem, OTHER, withOwnNames } from "./own-names.ts";

const LABELS = { istio: "ingress", app: "ingress" };
const object = (spec: object) => ({
  apiVersion: "v1",
  kind: "Any",
  metadata: { name: "x", namespace: "default" },
  spec,
});
const exchanged = (spec: object) => withOwnNames(object(spec), LABELS)["spec"];

test("every place where a namespace can be named gets the suite's own", () => {
  expect(withOwnNames(object({}), LABELS).metadata.namespace).toBe(HOME);
  expect(
    exchanged({
      gateways: ["default/suite-gateway", "suite-gateway", "mesh"],
      hosts: ["other/*.c1.test", "./y.c1.test"],
      exportTo: [".", "*", "default", "istio-system"],
      delegate: { name: "default", namespace: "other" },
      to: ["echo.default.svc.cluster.local", "echo.default", "echo.other.svc", "echo", "x.default.example"],
      body: "other",
    }),
  ).toEqual({
    gateways: [`${HOME}/suite-gateway`, "suite-gateway", "mesh"],
    hosts: [`${OTHER}/*.c1.test`, "./y.c1.test"],
    exportTo: [".", "*", HOME, "istio-system"],
    delegate: { name: "default", namespace: OTHER },
    to: [`echo.${HOME}.svc.cluster.local`, `echo.${HOME}`, `echo.${OTHER}.svc`, "echo", "x.default.example"],
    body: "other",
  });
});

test("a gateway with other labels than the stock one's is selected by its own", () => {
  expect(exchanged({ selector: { istio: "ingressgateway", app: "istio-ingressgateway" } })).toEqual({
    selector: LABELS,
  });
  expect(exchanged({ selector: { istio: "egressgateway" } })).toEqual({ selector: { istio: "egressgateway" } });
});

test("no case leaves a trace in somebody's namespaces", () => {
  const objects = live(HAND_WRITTEN).flatMap((each) => each.objects.map((one) => withOwnNames(one, LABELS)));
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace));
  expect(namespaces).toEqual(new Set(["istio-system", HOME, OTHER]));
  const texts = JSON.stringify(objects);
  expect(texts).not.toMatch(/\.(default|other)\.svc|"(default|other)\//);
});

test("objects that name the stock installation's namespace are known", () => {
  expect(namesSystem(object({ exportTo: ["istio-system"] }))).toBe(true);
  expect(namesSystem(object({ host: "istiod.istio-system.svc" }))).toBe(true);
  expect(namesSystem(object({ host: "istio-system-a.test" }))).toBe(false);
});
