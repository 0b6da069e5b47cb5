// What parsing answers: the value, or everything that is wrong with it, each with its place and its cure.

/** One thing that is wrong. Read aloud: `${path}: ${message}; ${cure}`. */
export interface SpecError {
  /** Dotted, as the API server writes it: `spec.strategy.steps[1].pause.duration`. */
  path: string;
  /** What is wrong, without the path: `"5x" is not a duration`. */
  message: string;
  /** What to write instead: `write a number with its unit, such as 30s, 5m or 1h30m`. */
  cure: string;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; errors: SpecError[] };

/** One error as one line. */
export function sayError({ path, message, cure }: SpecError): string {
  return path === "" ? `${message}; ${cure}` : `${path}: ${message}; ${cure}`;
}

/** Path segments in the API server's spelling: `["spec", "steps", 0, "a.b"]` is `spec.steps[0][a.b]`. */
export function dottedPath(segments: readonly PropertyKey[]): string {
  let text = "";
  for (const segment of segments) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (/^[A-Za-z0-9_-]+$/.test(String(segment))) text += text === "" ? String(segment) : `.${String(segment)}`;
    else text += `[${String(segment)}]`;
  }
  return text;
}

/** The inverse of dottedPath. */
export function pathSegments(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(([, index, bracketed, plain]) =>
    index === undefined ? (bracketed ?? plain ?? "") : Number(index),
  );
}
