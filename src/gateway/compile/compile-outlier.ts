// A DestinationRule's outlierDetection with Envoy's defaults: https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection

import type { OutlierDetection } from "../objects.ts";
import type { OutlierPolicy } from "../routing/table.ts";
import { compileDuration } from "./compile-duration.ts";
import type { Complain } from "./compile-match.ts";

export function compileOutlier(written: OutlierDetection, field: string, complain: Complain): OutlierPolicy {
  const { consecutive5xxErrors, consecutiveGatewayErrors, maxEjectionPercent, minHealthPercent } = written;
  const duration = (name: "interval" | "baseEjectionTime", otherwise: number): number => {
    const ms = compileDuration(written[name], `${field}.${name}`, complain) ?? otherwise;
    if (ms < 1) complain(`${field}.${name}`, `${field}.${name}: ${written[name]} is less than a millisecond`);
    return Math.max(ms, 1);
  };
  const percent = (name: "maxEjectionPercent" | "minHealthPercent"): void => {
    const value = written[name] ?? 0;
    if (!Number.isInteger(value) || value < 0 || value > 100)
      complain(`${field}.${name}`, `${field}.${name}: ${value} is no whole number from 0 to 100`);
  };
  percent("maxEjectionPercent");
  percent("minHealthPercent");
  return {
    consecutiveErrors: consecutive5xxErrors ?? 5,
    // Envoy counts them always, but acts on them only when asked.
    consecutiveGatewayErrors: consecutiveGatewayErrors ?? 0,
    intervalMs: duration("interval", 10_000),
    baseEjectionMs: duration("baseEjectionTime", 30_000),
    maxEjectionPercent: maxEjectionPercent || 10,
    minHealthPercent: minHealthPercent ?? 0,
  };
}
