// The ratios as an SVG: a row for each cell, three panels, logarithmic. Shapes tell the rivals apart, so that it can be read in black
// and white; a bar through a mark is its interval, the line at 1 is "as the other".

import { cellText } from "./cells.ts";
import type { CellSummary, Measure } from "./summary.ts";

const PANELS: { measure: Measure; title: string; better: string; limits: [number, number] }[] = [
  { measure: "requestsPerSecond", title: "throughput", better: "further right is better", limits: [0.2, 3] },
  { measure: "p99Ms", title: "99th percentile of latency", better: "further left is better", limits: [0.2, 8] },
  { measure: "cpuMicros", title: "processor time per request", better: "further left is better", limits: [0.3, 8] },
];
const TICKS = [0.2, 0.3, 0.5, 1, 2, 3, 5, 8];
const LABELS = 230;
const PANEL = 270;
const GAP = 24;
const ROW = 26;
const TOP = 84;
const WIDTH = LABELS + PANELS.length * (PANEL + GAP);
const RIVALS = ["envoy", "nginx"] as const;

export function plot(cells: readonly CellSummary[], subtitle: string): string {
  const bottom = TOP + cells.length * ROW;
  const labels = cells.map(({ cell }, row) => text(LABELS - 10, middle(row) + 4, cellText(cell), 'text-anchor="end"'));
  const bands = cells.flatMap((_, row) =>
    row % 2 === 0 ? [`<rect x="0" y="${TOP + row * ROW}" width="${WIDTH}" height="${ROW}" fill="#f2f2f2"/>`] : [],
  );
  const body = [
    `<rect width="${WIDTH}" height="${bottom + 44}" fill="white"/>`,
    ...bands,
    text(10, 22, "The gateway divided by Envoy and by nginx, one worker each", 'font-size="16" font-weight="bold"'),
    text(10, 40, subtitle, 'fill="#444"'),
    ...legend(),
    ...labels,
    ...PANELS.flatMap((_, i) => panel(cells, i, bottom)),
  ];
  const size = `width="${WIDTH}" height="${bottom + 44}" viewBox="0 0 ${WIDTH} ${bottom + 44}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">\n${body.join("\n")}\n</svg>\n`;
}

function legend(): string[] {
  return [
    mark("envoy", LABELS + 390, 36),
    text(LABELS + 402, 40, "x Envoy"),
    mark("nginx", LABELS + 470, 36),
    text(LABELS + 482, 40, "x nginx"),
    text(LABELS + 550, 40, "bar: interval of the median", 'fill="#444"'),
  ];
}

function panel(cells: readonly CellSummary[], index: number, bottom: number): string[] {
  const { measure, title, better, limits } = PANELS[index]!;
  const left = LABELS + index * (PANEL + GAP);
  const [low, high] = limits.map(Math.log) as [number, number];
  const x = (value: number) =>
    left + (PANEL * (Math.log(Math.min(Math.max(value, limits[0]), limits[1])) - low)) / (high - low);
  const ticks = TICKS.filter((tick) => tick >= limits[0] && tick <= limits[1]).flatMap((tick) => [
    `<line x1="${r(x(tick))}" x2="${r(x(tick))}" y1="${TOP}" y2="${bottom}" stroke="${tick === 1 ? "black" : "#bbb"}"/>`,
    text(x(tick), bottom + 16, String(tick), 'text-anchor="middle"'),
  ]);
  const marks = cells.flatMap(({ ratios }, row) =>
    RIVALS.flatMap((rival, i) => {
      const ratio = ratios[rival]?.[measure];
      if (ratio === undefined) return [];
      const y = middle(row) + (i === 0 ? -4 : 4);
      const bar = `<line x1="${r(x(ratio.low))}" x2="${r(x(ratio.high))}" y1="${y}" y2="${y}" stroke="black"/>`;
      return [bar, mark(rival, x(ratio.median), y)];
    }),
  );
  return [
    text(left + PANEL / 2, TOP - 18, title, 'text-anchor="middle" font-weight="bold"'),
    text(left + PANEL / 2, TOP - 5, better, 'text-anchor="middle" font-size="10" fill="#444"'),
    ...ticks,
    ...marks,
  ];
}

/** A full circle for Envoy, an empty square for nginx. */
function mark(rival: (typeof RIVALS)[number], x: number, y: number): string {
  return rival === "envoy"
    ? `<circle cx="${r(x)}" cy="${y}" r="4" fill="black"/>`
    : `<rect x="${r(x - 4)}" y="${y - 4}" width="8" height="8" fill="white" stroke="black" stroke-width="1.5"/>`;
}

function middle(row: number): number {
  return TOP + row * ROW + ROW / 2;
}

function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${r(x)}" y="${r(y)}" ${attributes}>${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}

function r(value: number): string {
  return value.toFixed(1);
}
