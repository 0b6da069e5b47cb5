// Which cases a cluster cannot be asked, and why: they are named in the report, none is left out in silence.

import type { LiveCase } from "../case.ts";
import type { IngressPod } from "./ingress.ts";
import { namesSystem, SYSTEM } from "./own-names.ts";

export interface Possible {
  ingress: Pick<IngressPod, "namespace">;
  /** Gateway ports that can be reached. */
  ports: readonly number[];
  serves(apiVersion: string, kind: string): Promise<boolean>;
}

export async function whyLeftOut(
  { objects, requests }: LiveCase,
  { ingress, ports, serves }: Possible,
): Promise<string | undefined> {
  const port = requests.map((each) => each.port ?? 80).find((each) => !ports.includes(each));
  if (port !== undefined) return `no address of Gateway port ${port} was given`;
  if (ingress.namespace !== SYSTEM && namesSystem(objects))
    return `it names ${SYSTEM}, but the gateway runs in ${ingress.namespace}`;
  for (const { apiVersion, kind } of objects)
    if (!(await serves(apiVersion, kind))) return `the cluster does not know ${kind} of ${apiVersion}`;
  return undefined;
}
