// Published CustomResourceDefinitions, reduced: prose goes, every rule stays.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const ISTIO_API_VERSION = "v1.31.1";
const GATEWAY_API_VERSION = "v1.6.0";

export function istioDefinitions(): { source: string; definitions: unknown[] } {
  return definitionsOf(`istio.io/api@${ISTIO_API_VERSION}`, ["kubernetes/customresourcedefinitions.gen.yaml"]);
}

/** Those that the gateway reads, of the standard channel; the others would promise what nothing does here. */
export function gatewayApiDefinitions(): { source: string; definitions: unknown[] } {
  const kinds = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants"];
  return definitionsOf(
    `sigs.k8s.io/gateway-api@${GATEWAY_API_VERSION}`,
    kinds.map((kind) => `config/crd/standard/gateway.networking.k8s.io_${kind}.yaml`),
  );
}

function definitionsOf(module: string, files: readonly string[]): { source: string; definitions: unknown[] } {
  const found = JSON.parse(execFileSync("go", ["mod", "download", "-json", module], { encoding: "utf8" })) as {
    Dir: string;
  };
  const definitions = files
    .flatMap((file) => parseAllDocuments(readFileSync(join(found.Dir, file), "utf8")))
    .map((document) => document.toJS() as unknown)
    .filter((each) => each !== null)
    .map((each) => withNoConversion(withoutProse(each, false) as Definition));
  return { source: module, definitions };
}

interface Definition {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
}

/** The default that a server would fill in, so that a stored definition is seen to be the pinned one. */
function withNoConversion({ apiVersion, kind, metadata, spec }: Definition): Definition {
  return { apiVersion, kind, metadata, spec: { conversion: { strategy: "None" }, ...spec } };
}

/** Drops `description` where it is prose, keeps it where it is the name of a property. */
function withoutProse(value: unknown, namesAreFields: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutProse(each, false));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => namesAreFields || key !== "description" || typeof each !== "string")
      .map(([key, each]) => [key, withoutProse(each, key === "properties" && !namesAreFields)]),
  );
}
