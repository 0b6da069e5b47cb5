// Finds fields that stand twice in one JSON object, which JSON.parse passes over in silence.

/** Dotted paths of the second and later ones. The text must be valid JSON. */
export function duplicateKeys(json: string): string[] {
  const found: string[] = [];
  const open: Level[] = [];
  // Strings, and the signs that open, close and separate; numbers, literals and colons need no attention.
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  for (let match = tokens.exec(json); match !== null; match = tokens.exec(json)) {
    const token = match[0];
    const level = open.at(-1);
    if (token === "{") open.push({ keys: new Set(), expectsKey: true, step: "", index: 0 });
    else if (token === "[") open.push({ keys: undefined, expectsKey: false, step: "", index: 0 });
    else if (token === "}" || token === "]") open.pop();
    else if (level !== undefined && token === ",") separate(level);
    else if (level?.keys !== undefined && level.expectsKey) {
      const key = JSON.parse(token) as string;
      level.step = key;
      level.expectsKey = false;
      if (level.keys.has(key)) found.push(pathOf(open));
      level.keys.add(key);
    }
  }
  return found;
}

interface Level {
  /** Absent in an array. */
  keys: Set<string> | undefined;
  expectsKey: boolean;
  step: string;
  index: number;
}

function separate(level: Level): void {
  level.index += 1;
  level.expectsKey = level.keys !== undefined;
}

function pathOf(open: Level[]): string {
  return open
    .map((level, depth) => {
      if (level.keys === undefined) return `[${level.index}]`;
      return depth === 0 ? level.step : `.${level.step}`;
    })
    .join("");
}
