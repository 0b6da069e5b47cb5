// The class of Gateways that this gateway serves, as istiod publishes it (gatewaycommon/gatewayclass.go).

import type { Condition, KubeObject } from "../../core/kubernetes/object.ts";
import { type Moment, setConditions } from "./conditions.ts";
import { CLASS } from "./listeners.ts";
import { CONTROLLER, GROUP } from "./objects.ts";

export function istioClass(): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "GatewayClass",
    metadata: { name: CLASS },
    spec: { controllerName: CONTROLLER, description: "The default Istio GatewayClass" },
  };
}

export function classStatus(status: Record<string, unknown>, moment: Moment): Record<string, unknown> {
  const stated = { Accepted: { reason: "Accepted", message: "Handled by Istio controller" } };
  return { ...status, conditions: setConditions((status["conditions"] as Condition[]) ?? [], stated, moment) };
}
