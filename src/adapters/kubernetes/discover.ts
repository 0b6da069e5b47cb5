// Which resource a kind is: https://kubernetes.io/docs/reference/using-api/api-concepts/#discovery-api

import type { Resource } from "../../core/kubernetes/resource.ts";
import { isClusterError } from "../../ports/cluster.ts";
import type { Transport } from "./transport.ts";

interface ApiResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

export async function discover(wire: Transport, apiVersion: string, kind: string): Promise<Resource | undefined> {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/", 2) : ["", apiVersion];
  if (version === undefined || version === "" || !/^[\w.-]*$/.test(apiVersion.replace("/", ""))) return undefined;
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const list = JSON.parse(
      await wire.text({ method: "GET", path, about: { verb: "get", resource: "" } }),
    ) as ApiResourceList;
    // Subresources ("deployments/scale") have kinds too.
    const found = list.resources?.find((each) => each.kind === kind && !each.name.includes("/"));
    if (found === undefined) return undefined;
    return { group: group ?? "", version, kind, plural: found.name, namespaced: found.namespaced };
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}
