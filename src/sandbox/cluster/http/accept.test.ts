import { expect, test } from "vitest";
import { negotiate } from "./accept.ts";

const AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

test.each([
  [undefined, { format: "json" }],
  ["*/*", { format: "json" }],
  ["application/json", { format: "json" }],
  ["application/json; charset=utf-8", { format: "json" }],
  ["application/yaml", { format: "yaml" }],
  // What kubectl get sends: a table of this version, or an older one, or the objects.
  [`${AS_TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`, { format: "json", as: "Table" }],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", { format: "json" }],
  ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", { format: "json", as: "PartialObjectMetadata" }],
  ["application/vnd.kubernetes.protobuf,application/json", { format: "json" }],
  ["application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json", { format: "json" }],
  ["application/json;q=0.1,application/yaml;q=0.5", { format: "yaml" }],
  ["application/vnd.kubernetes.protobuf", undefined],
  ["application/json;as=Chart;v=v1;g=meta.k8s.io", undefined],
  ["application/json;q=0", undefined],
  ["text/html", undefined],
])("%s", (header, expected) => {
  expect(negotiate(header)).toEqual(expected);
});
