// Bodies written field by field; real clients send theirs in test/e2e (kubectl create) and testbed/clients.

import { expect, test } from "vitest";
import { decodeProtobuf } from "./decode-object.ts";

test("nonsense is told from kinds that have no protobuf form", () => {
  expect(decodeProtobuf(Buffer.from("{}"))).toEqual({ problem: expect.stringContaining("does not begin") });
  const truncated = Buffer.concat([Buffer.from("k8s\0", "latin1"), Buffer.from([0x0a, 0x50, 0x01])]);
  expect(decodeProtobuf(truncated)).toEqual({ problem: "protobuf: ends in the middle of a field" });
  expect(decodeProtobuf(envelope("example.com/v1", "Wheel", Buffer.alloc(0)))).toBeUndefined();
});

test("fields by their wire types: text, numbers, lists, maps, times, inlined and special types", () => {
  const meta = message(
    [1, text("web")],
    [12, message([1, text("k")], [2, text("v")])],
    [8, message([1, varint(1_767_225_600)])],
  );
  const probe = message(
    [1, message([2, message([1, text("/health")], [2, message([1, varint(1)], [2, varint(0)], [3, text("http")])])])],
    [4, varint(5)],
  );
  const limits = message([1, message([1, text("cpu")], [2, message([1, text("500m")])])]);
  const container = message(
    [1, text("app")],
    [2, text("image")],
    [6, message([3, varint(8080)])],
    [11, probe],
    [8, limits],
  );
  const template = message([1, message()], [2, message([2, container])]);
  const spec = message([1, varint(0)], [3, template], [7, varint(1)]);
  const decoded = decodeProtobuf(
    envelope("apps/v1", "Deployment", message([1, meta], [2, spec], [99, text("newer field")])),
  );
  expect(decoded).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", annotations: { k: "v" }, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: {
      replicas: 0,
      paused: true,
      template: {
        metadata: {},
        spec: {
          containers: [
            {
              name: "app",
              image: "image",
              ports: [{ containerPort: 8080 }],
              readinessProbe: { httpGet: { path: "/health", port: "http" }, periodSeconds: 5 },
              resources: { limits: { cpu: "500m" } },
            },
          ],
        },
      },
    },
  });
});

test("negative numbers, micro times, bytes", () => {
  const event = envelope("v1", "Secret", message([2, message([1, text("word")], [2, Buffer.from("hush")])]));
  expect(decodeProtobuf(event)).toEqual({ apiVersion: "v1", kind: "Secret", data: { word: "aHVzaA==" } });
  const spec = message(
    [1, text("me")],
    [2, varint(-15)],
    [4, message([1, varint(1_767_225_600)], [2, varint(123_456_789)])],
  );
  expect(decodeProtobuf(envelope("coordination.k8s.io/v1", "Lease", message([2, spec])))).toMatchObject({
    spec: { holderIdentity: "me", leaseDurationSeconds: -15, renewTime: "2026-01-01T00:00:00.123456Z" },
  });
});

type Value = { varint: bigint } | Buffer;

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from("k8s\0", "latin1"),
    message([1, message([1, text(apiVersion)], [2, text(kind)])], [2, raw], [3, text("")], [4, text("")]),
  ]);
}

function message(...fields: [number: number, value: Value][]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) =>
      Buffer.isBuffer(value)
        ? Buffer.concat([bytesOf(BigInt(number * 8 + 2)), bytesOf(BigInt(value.length)), value])
        : Buffer.concat([bytesOf(BigInt(number * 8)), bytesOf(value.varint)]),
    ),
  );
}

function text(value: string): Buffer {
  return Buffer.from(value);
}

function varint(value: number): { varint: bigint } {
  return { varint: BigInt.asUintN(64, BigInt(value)) };
}

function bytesOf(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
