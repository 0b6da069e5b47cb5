// The counters in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/

import { BUCKETS_MS, type DestinationStats, type Series, type Stats } from "./stats.ts";

export function statsText(stats: Stats): string {
  const rows = stats
    .destinations()
    .flatMap((destination) => destination.series().map((series) => ({ series, labels: labels(destination, series) })));
  return [
    "# TYPE istio_requests_total counter",
    ...rows.map(({ series, labels }) => `istio_requests_total{${labels}} ${series.count}`),
    "# TYPE istio_request_duration_milliseconds histogram",
    ...rows.flatMap(({ series, labels }) => histogram("istio_request_duration_milliseconds", labels, series)),
    "",
  ].join("\n");
}

function labels({ workload, service }: DestinationStats, { code, flags, grpcStatus }: Series): string {
  const pairs: [string, string][] = [
    ["reporter", "source"],
    ["source_workload", "istio-ingressgateway"],
    ["source_canonical_service", "istio-ingressgateway"],
    ["source_canonical_revision", "latest"],
    ["source_workload_namespace", "istio-system"],
    ["source_principal", "unknown"],
    ["source_app", "istio-ingressgateway"],
    ["source_version", "unknown"],
    ["source_cluster", "Kubernetes"],
    ["destination_workload", workload.name],
    ["destination_workload_namespace", workload.namespace],
    ["destination_principal", "unknown"],
    ["destination_app", workload.app],
    ["destination_version", workload.version],
    ["destination_service", service.host],
    ["destination_canonical_service", workload.canonicalService],
    ["destination_canonical_revision", workload.canonicalRevision],
    ["destination_service_name", service.name],
    ["destination_service_namespace", service.namespace],
    ["destination_cluster", workload.name === "unknown" ? "unknown" : "Kubernetes"],
    ["request_protocol", grpcStatus === undefined ? "http" : "grpc"],
    ["response_code", String(code)],
    ["grpc_response_status", grpcStatus ?? ""],
    ["response_flags", flags],
    ["connection_security_policy", "unknown"],
  ];
  return pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function histogram(name: string, labels: string, series: Series): string[] {
  let below = 0;
  const buckets = BUCKETS_MS.map(
    (limit, i) => `${name}_bucket{${labels},le="${limit}"} ${(below += series.buckets[i]!)}`,
  );
  return [
    ...buckets,
    `${name}_bucket{${labels},le="+Inf"} ${series.count}`,
    `${name}_sum{${labels}} ${series.sumMs}`,
    `${name}_count{${labels}} ${series.count}`,
  ];
}
