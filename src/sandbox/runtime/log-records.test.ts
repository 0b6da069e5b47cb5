import { expect, it } from "vitest";
import { selectRecords, textOf } from "./log-records.ts";

const RECORDS = [
  "2026-01-01T00:00:00.000Z stdout F one",
  "2026-01-01T00:00:01.000Z stderr F two words ",
  "2026-01-01T00:00:02.000Z stdout P long ",
  "2026-01-01T00:00:02.000Z stdout F line",
];

it("gives the text back as it was written, with or without times", () => {
  expect(RECORDS.map((record) => textOf(record, false)).join("")).toBe("one\ntwo words \nlong line\n");
  expect(textOf(RECORDS[0]!, true)).toBe("2026-01-01T00:00:00.000Z one\n");
  expect(textOf("2026-01-01T00:00:00.000Z stdout F ", false)).toBe("\n");
});

it("selects by number and by time", () => {
  expect(selectRecords(RECORDS, { tailLines: 1 })).toEqual(RECORDS.slice(3));
  expect(selectRecords(RECORDS, { tailLines: 0 })).toEqual([]);
  expect(selectRecords(RECORDS, { sinceMs: Date.parse("2026-01-01T00:00:01Z") })).toEqual(RECORDS.slice(1));
});
