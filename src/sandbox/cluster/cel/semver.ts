// Semantic versions in CEL: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#SemverLib and https://semver.org

import type { Environment } from "@marcbachmann/cel-js";

const NUMBER = "(0|[1-9]\\d*)";
const IDENTIFIER = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);

class CelSemver {
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];

  constructor(numbers: bigint[], preRelease: string[]) {
    this.numbers = numbers;
    this.preRelease = preRelease;
  }
}

export function addSemver(environment: Environment): void {
  environment
    .registerType("Semver", { ctor: CelSemver, fields: {} })
    .registerFunction("isSemver(string): bool", (text: string) => parse(text) !== undefined)
    .registerFunction("isSemver(string, bool): bool", (text: string, lax: boolean) => parse(text, lax) !== undefined)
    .registerFunction("semver(string): Semver", (text: string) => semver(text))
    .registerFunction("semver(string, bool): Semver", semver)
    .registerFunction("Semver.major(): int", ({ numbers }: CelSemver) => numbers[0])
    .registerFunction("Semver.minor(): int", ({ numbers }: CelSemver) => numbers[1])
    .registerFunction("Semver.patch(): int", ({ numbers }: CelSemver) => numbers[2])
    .registerFunction("Semver.compareTo(Semver): int", (a: CelSemver, b: CelSemver) => BigInt(compare(a, b)))
    .registerFunction("Semver.isGreaterThan(Semver): bool", (a: CelSemver, b: CelSemver) => compare(a, b) > 0)
    .registerFunction("Semver.isLessThan(Semver): bool", (a: CelSemver, b: CelSemver) => compare(a, b) < 0)
    .registerOperator("Semver == Semver", (a: CelSemver, b: CelSemver) => compare(a, b) === 0);
}

function semver(text: string, lax = false): CelSemver {
  const parsed = parse(text, lax);
  if (parsed === undefined) throw new Error(`${JSON.stringify(text)} is no semantic version`);
  return parsed;
}

function parse(text: string, lax = false): CelSemver | undefined {
  const match = VERSION.exec(lax ? normalized(text) : text);
  if (match === null) return undefined;
  const [, major = "", minor = "", patch = "", preRelease] = match;
  return new CelSemver([BigInt(major), BigInt(minor), BigInt(patch)], preRelease?.split(".") ?? []);
}

/** `v1.02` is meant to be 1.2.0. */
function normalized(text: string): string {
  const [, numbers = "", rest = ""] = /^v?([^-+]*)(.*)$/s.exec(text.trim()) ?? [];
  const parts = numbers.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function compare(a: CelSemver, b: CelSemver): -1 | 0 | 1 {
  const different = a.numbers.findIndex((number, index) => number !== b.numbers[index]);
  if (different >= 0) return a.numbers[different]! < b.numbers[different]! ? -1 : 1;
  // Whatever comes before a release is less than the release.
  if (a.preRelease.length === 0 || b.preRelease.length === 0)
    return ordered(Math.sign(b.preRelease.length - a.preRelease.length));
  const length = Math.max(a.preRelease.length, b.preRelease.length);
  for (let index = 0; index < length; index += 1) {
    const order = comparePart(a.preRelease[index], b.preRelease[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by their value and before texts; the shorter list first. */
function comparePart(a: string | undefined, b: string | undefined): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber && bIsNumber) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return a < b ? -1 : 1;
}

const ordered = (sign: number): -1 | 0 | 1 => (sign < 0 ? -1 : sign > 0 ? 1 : 0);
