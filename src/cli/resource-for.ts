// The resource that an object's apiVersion and kind name: known ones at once, others by asking the server.

import type { KubeObject } from "../core/kubernetes/object.ts";
import * as resources from "../core/kubernetes/resource.ts";
import { apiVersionOf, type Resource } from "../core/kubernetes/resource.ts";
import { EXIT } from "./exit-codes.ts";
import { Problem } from "./problems.ts";
import type { Connected } from "./session.ts";

const KNOWN: readonly Resource[] = Object.values(resources).filter((each) => typeof each === "object");

export async function resourceFor(connection: Connected, { apiVersion, kind }: KubeObject): Promise<Resource> {
  const known = KNOWN.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  const found = known ?? (await connection.resourceOf(apiVersion, kind));
  if (found !== undefined) return found;
  throw new Problem(
    `the server does not know the kind ${kind} of ${apiVersion}`,
    EXIT.failed,
    "Check the spelling, or install what brings it (a CustomResourceDefinition).",
  );
}
