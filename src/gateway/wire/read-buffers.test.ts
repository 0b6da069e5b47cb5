// Memory that is used again must never be used too early: bytes that somebody holds stay as they are.

import { expect, test } from "vitest";
import { seededRandom } from "../random.ts";
import { hold, letGo, ReadBuffer, whenWritten } from "./read-buffers.ts";

/** A read of `length` bytes of `value`, as a socket does it: no more than there is room for. */
function read(buffer: ReadBuffer, value: number, length: number): Buffer {
  const memory = buffer.next();
  const used = Math.min(memory.length, length);
  memory.fill(value, 0, used);
  return buffer.bytes(used);
}

test("a connection starts small, grows when that is full, and shrinks again", () => {
  const buffer = new ReadBuffer();
  const small = buffer.next().length;
  read(buffer, 1, 10);
  expect(buffer.next().length).toBe(small);
  read(buffer, 1, small);
  expect(buffer.next().length).toBeGreaterThan(65_536 + small);
  read(buffer, 1, 100);
  expect(buffer.next().length).toBe(small);
});

test("few bytes are copied, many are lent", () => {
  const buffer = new ReadBuffer();
  read(buffer, 1, 1e6);
  const bytes = read(buffer, 1, 100_000);
  const few = buffer.lend(bytes.subarray(0, 1_000));
  expect(few.buffer).not.toBe(bytes.buffer);
  expect(whenWritten(few)).toBeUndefined();
  const many = buffer.lend(bytes.subarray(1_000));
  expect(many.buffer).toBe(bytes.buffer);
  expect(buffer.next().buffer).not.toBe(bytes.buffer);
});

test("memory comes back with its last holder, and only once", () => {
  const buffer = new ReadBuffer();
  read(buffer, 1, 1e6);
  const lent = buffer.lend(read(buffer, 7, 50_000));
  hold(lent);
  letGo(lent);
  const others = Array.from({ length: 200 }, () => fresh().buffer);
  expect(others).not.toContain(lent.buffer);
  whenWritten(lent)!();
  expect(fresh().buffer).toBe(lent.buffer);
  letGo(lent);
  expect(fresh().buffer).not.toBe(lent.buffer);
});

test("what a rush has needed is given up when fewer do", () => {
  const rush = Array.from({ length: 90 }, () => {
    const buffer = new ReadBuffer();
    read(buffer, 1, 1e6);
    return buffer.lend(read(buffer, 1, 100_000));
  });
  const memories = new Set(rush.map((bytes) => bytes.buffer));
  for (const bytes of rush) letGo(bytes);
  const alone = new ReadBuffer();
  read(alone, 1, 1e6);
  for (let n = 0; n < 5_000; n++) letGo(alone.lend(read(alone, 1, 100_000)));
  const left = Array.from({ length: 90 }, () => fresh().buffer).filter((memory) => memories.has(memory));
  expect(left.length).toBeLessThan(5);
});

/** The large memory that the next connection would get; it keeps it. */
function fresh(): Buffer {
  const buffer = new ReadBuffer();
  read(buffer, 0, 1e6);
  return buffer.next();
}

test.each([1, 2, 3, 4, 5])("what is held never changes, whatever else is read, seed %i", (seed) => {
  const random = seededRandom(seed);
  const buffers = Array.from({ length: 8 }, () => new ReadBuffer());
  const held: { bytes: Buffer; value: number }[] = [];
  for (let step = 1; step <= 5_000; step++) {
    const at = Math.floor(random() * buffers.length);
    const value = step % 256;
    const bytes = read(buffers[at]!, value, Math.ceil(random() * 140_000));
    if (random() < 0.6) held.push({ bytes: buffers[at]!.lend(bytes), value });
    if (random() < 0.05) buffers[at]!.release();
    if (random() < 0.05) buffers[at] = new ReadBuffer();
    if (held.length > 20 || random() < 0.3) {
      const [one] = held.splice(Math.floor(random() * held.length), 1);
      if (one === undefined) continue;
      expect(one.bytes.every((byte) => byte === one.value)).toBe(true);
      if (random() < 0.9) letGo(one.bytes);
    }
  }
});
