// The tables of a real API server (Kubernetes 1.34), rendered again here from the same objects. `testdata/tables.json`
// holds what it answered to `GET ...?includeObject=Object` with `as=Table`, and when.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import type { KnownResource, PrinterColumn } from "../../registry.ts";
import { renderTable } from "./render-table.ts";
import type { Cell, Column, RowCondition } from "./table-kind.ts";

interface Recorded {
  printerColumns: Record<string, PrinterColumn[]>;
  tables: {
    path: string;
    now: string;
    columns: Pick<Column, "name" | "type" | "format" | "priority">[];
    rows: { cells: Cell[]; conditions?: RowCondition[]; object: KubeObject }[];
  }[];
}

const recorded = JSON.parse(
  readFileSync(new URL("./testdata/tables.json", import.meta.url), "utf8"),
) as unknown as Recorded;

describe("the same objects give the same table as on a real API server", () => {
  test("enough was recorded", () => {
    expect(recorded.tables.length).toBeGreaterThanOrEqual(13);
    expect(recorded.tables.flatMap((table) => table.rows).length).toBeGreaterThan(60);
  });

  test.each(recorded.tables)("$path", ({ path, now, columns, rows }) => {
    const resource = resourceOf(path);
    const objects = rows.map((row) => row.object);
    const table = renderTable(resource, objects, { nowMs: Date.parse(now), include: "None", listMeta: {} });
    const shape = table.columnDefinitions!.map(({ name, type, format, priority }) => ({
      name,
      type,
      format,
      priority,
    }));
    expect(shape).toEqual(columns);
    const ages = columns.flatMap(({ name }, index) => (/Age|Seen|Date/.test(name) ? [index] : []));
    for (const [index, row] of table.rows.entries()) {
      const expected = rows[index]!;
      // The recording's clock and the server's differ by up to a second.
      const rounded = (cells: Cell[]) => cells.map((cell, at) => (ages.includes(at) ? undefined : cell));
      expect(rounded(row.cells)).toEqual(rounded(expected.cells));
      for (const at of ages) expect(near(row.cells[at]!, expected.cells[at]!), `${row.cells[at]}`).toBe(true);
      expect(row.conditions).toEqual(expected.conditions);
    }
  });
});

test("rows carry as much of the object as was asked for", () => {
  const resource = resourceOf("/api/v1/configmaps");
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", resourceVersion: "7" },
    data: { k: "v" },
  };
  const row = (include: "None" | "Metadata" | "Object") =>
    renderTable(resource, [object], { nowMs: 0, include }).rows[0]!.object;
  expect(row("None")).toBeNull();
  expect(row("Object")).toBe(object);
  expect(row("Metadata")).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: object.metadata,
  });
  expect(renderTable(resource, [object], { nowMs: 0, include: "None" }).metadata).toEqual({ resourceVersion: "7" });
});

function resourceOf(path: string): KnownResource {
  const [, group = "", plural = ""] =
    /^\/(?:api|apis\/([^/]+))\/v[12]\/(?:namespaces\/[^/]+\/)?(\w+)$/.exec(path) ?? [];
  return {
    group,
    plural,
    custom: group === "ex.dev",
    printerColumns: recorded.printerColumns[plural] ?? [],
  } as unknown as KnownResource;
}

/** Equal, or both ages in seconds that differ by at most one. */
function near(a: Cell, b: Cell): boolean {
  if (a === b) return true;
  const [x, y] = [a, b].map((cell) => /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(String(cell)));
  if (!x || !y) return false;
  const seconds = (match: RegExpExecArray) => Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0);
  return Math.abs(seconds(x) - seconds(y)) <= 1;
}
