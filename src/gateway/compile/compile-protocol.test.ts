import { expect, test } from "vitest";
import { protocolOf } from "./compile-protocol.ts";

test.each([
  ["http", undefined, "http1"],
  ["http2", undefined, "http2"],
  ["HTTP2-main", undefined, "http2"],
  ["grpc", undefined, "http2"],
  ["grpc-web", undefined, "http2"],
  ["grpc-web-ui", undefined, "http2"],
  ["grpcfoo", undefined, "http1"],
  ["foo", undefined, "http1"],
  [undefined, undefined, "http1"],
  ["tcp-x", undefined, "http1"],
  ["foo", "kubernetes.io/h2c", "http2"],
  ["foo", "kubernetes.io/ws", "http1"],
  ["http", "grpc", "http2"],
  ["http2", "http", "http1"],
])("a port named %s with appProtocol %s speaks %s", (name, appProtocol, protocol) => {
  expect(protocolOf({ name, appProtocol })).toBe(protocol);
});
