// Patterns are RE2 in Kubernetes. JavaScript's engine runs those it understands the same way; a pattern that only RE2 knows
// ((?i), \z, named classes) goes to a port of RE2, loaded at first need.

import { createRequire } from "node:module";
import type { RE2JS as Re2 } from "re2js";

const load = createRequire(import.meta.url);
const compiled = new Map<string, (text: string) => boolean>();

export function compilePattern(pattern: string): (text: string) => boolean {
  let test = compiled.get(pattern);
  if (test === undefined) {
    test = compile(pattern);
    compiled.set(pattern, test);
  }
  return test;
}

function compile(pattern: string): (text: string) => boolean {
  try {
    const regex = new RegExp(pattern, "u");
    return (text) => regex.test(text);
  } catch {
    const { RE2JS } = load("re2js") as { RE2JS: typeof Re2 };
    const regex = RE2JS.compile(pattern);
    return (text) => regex.matcher(text).find();
  }
}

/** Every match in a text, as RE2 finds them. */
export function compileSearch(pattern: string): (text: string) => string[] {
  try {
    const regex = new RegExp(pattern, "gu");
    return (text) => text.match(regex) ?? [];
  } catch {
    const { RE2JS } = load("re2js") as { RE2JS: typeof Re2 };
    const regex = RE2JS.compile(pattern);
    return (text) => {
      const [matcher, found] = [regex.matcher(text), [] as string[]];
      while (matcher.find()) found.push(matcher.group() ?? "");
      return found;
    };
  }
}
