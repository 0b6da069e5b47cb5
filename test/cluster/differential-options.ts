// How the differential suite was asked to run, by environment (npm run test:differential sets it from its flags).

export interface DifferentialOptions {
  /** A small mesh of local programs, or the cluster that KUBECONFIG and context name. */
  world: "mesh" | "cluster";
  context: string | undefined;
  gatewayLabels: string;
  gatewayAddresses: ReadonlyMap<number, { host: string; port: number }> | undefined;
  nodeImage: string;
  sharedIngress: boolean;
  /** Planted bugs are looked for, too. */
  planted: boolean;
  seed: number;
  /** File for the JSON report. */
  report: string | undefined;
}

export function differentialOptions(env: NodeJS.ProcessEnv): DifferentialOptions {
  return {
    world: env["SERIN_DIFFERENTIAL_WORLD"] === "cluster" || !env["SERIN_MESH_BIN"] ? "cluster" : "mesh",
    context: env["SERIN_KUBE_CONTEXT"] || undefined,
    gatewayLabels: env["SERIN_GATEWAY_LABELS"] || "istio=ingressgateway",
    gatewayAddresses: env["SERIN_GATEWAY_ADDRESS"] ? addresses(env["SERIN_GATEWAY_ADDRESS"]) : undefined,
    nodeImage: env["SERIN_NODE_IMAGE"] || "docker.io/library/node:24-alpine",
    sharedIngress: env["SERIN_SHARED_INGRESS"] === "yes",
    planted: env["SERIN_DIFFERENTIAL_PLANTED"] !== "no",
    seed: Number(env["SERIN_DIFFERENTIAL_SEED"] ?? 1),
    report: env["SERIN_DIFFERENTIAL_REPORT"] || undefined,
  };
}

/** 80=HOST:PORT,8081=HOST:PORT. */
function addresses(text: string): Map<number, { host: string; port: number }> {
  const parts = text.split(",").map((part) => {
    const found = /^(\d+)=\[?([^\]=]+)\]?:(\d+)$/.exec(part.trim());
    if (found === null)
      throw new Error(`${JSON.stringify(part)} in the gateway's address is not like 80=HOST:PORT,8081=HOST:PORT`);
    return [Number(found[1]), { host: found[2]!, port: Number(found[3]) }] as const;
  });
  return new Map(parts);
}
