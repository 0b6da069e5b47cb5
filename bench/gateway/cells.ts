// What is measured: every combination of connections, body and number of routes. A cell is one of them.

export type Body = "small" | "download" | "upload";

export interface Cell {
  connections: number;
  body: Body;
  routes: number;
}

export const BODIES: readonly Body[] = ["small", "download", "upload"];
export const LARGE_BYTES = 65_536;

/** Uploads only with the first number of routes: what a route costs does not depend on the body. */
export function cellsOf(connections: readonly number[], bodies: readonly Body[], routes: readonly number[]): Cell[] {
  return connections.flatMap((count) =>
    bodies.flatMap((body) =>
      (body === "upload" ? routes.slice(0, 1) : routes).map((each) => ({ connections: count, body, routes: each })),
    ),
  );
}

/** A minute's worth of them. */
export const QUICK_CELLS: readonly Cell[] = [
  { connections: 1, body: "small", routes: 1 },
  { connections: 32, body: "small", routes: 1 },
  { connections: 32, body: "small", routes: 500 },
  { connections: 32, body: "download", routes: 1 },
  { connections: 256, body: "small", routes: 1 },
];

export function cellKey({ connections, body, routes }: Cell): string {
  return `${connections}/${body}/${routes}`;
}

const BODY_TEXTS: Record<Body, string> = { small: "small", download: "64 kB down", upload: "64 kB up" };

export function cellText({ connections, body, routes }: Cell): string {
  return `${count(connections, "connection")}, ${BODY_TEXTS[body]}, ${count(routes, "route")}`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** What a client asks for on the n-th route. */
export function pathOf(route: number, body: Body): string {
  return `/service-${route}/${body}`;
}
