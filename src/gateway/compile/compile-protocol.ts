// What the endpoints behind a port of a Service speak: its appProtocol, else the beginning of its name, as istiod reads them
// (pkg/config/kube/conversion.go, checked against istiod 1.31). At a gateway nothing is guessed: a port that says nothing is HTTP/1.1.

import type { UpstreamProtocol } from "../routing/table.ts";

export interface NamedPort {
  name?: string;
  appProtocol?: string;
}

export function protocolOf({ name = "", appProtocol }: NamedPort): UpstreamProtocol {
  if (appProtocol === "kubernetes.io/h2c") return "http2";
  const said = (appProtocol ?? name).toLowerCase();
  if (said.startsWith("grpc-web")) return "http2";
  return HTTP2.has(said.split("-", 1)[0]!) ? "http2" : "http1";
}

const HTTP2: ReadonlySet<string> = new Set(["http2", "grpc"]);
