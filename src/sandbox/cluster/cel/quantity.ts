// Quantities (`500m`, `1Gi`) in CEL: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Quantity
// How they are written: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

import type { Environment } from "@marcbachmann/cel-js";

const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const NANO = 10n ** 9n;
const MAX_INT64 = 2n ** 63n - 1n;
/** Beyond, a real API server counts with another kind of number, which is never a whole one to it. */
const EXACT_DIGITS = 18;

class CelQuantity {
  readonly nano: bigint;
  readonly isInteger: boolean;

  constructor(nano: bigint, isInteger: boolean) {
    this.nano = nano;
    this.isInteger = isInteger;
  }
}

/** Undefined when it is none. Digits may be left out, as a real API server lets them: `Ki` is nothing. */
function parseQuantity(text: string): CelQuantity | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eE][+-]?\d+)|[a-zA-Z]*)$/.exec(text);
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match ?? [];
  const scale = scaleOf(suffix);
  if (text === "" || match === null || scale === undefined) return undefined;
  const { binary, exponent } = scale;
  const factor = binary ? 2n ** BigInt(exponent) : 1n;
  const tens = (binary ? 0 : exponent) - fraction.length;
  // What is smaller than a billionth is rounded up.
  const nano = min(times10(BigInt(whole + fraction) * factor, tens + 9), MAX_INT64 * NANO);
  const isInteger = tens >= 0 && whole.length + tens <= EXACT_DIGITS && nano <= MAX_INT64 * NANO;
  return new CelQuantity(sign === "-" ? -nano : nano, isInteger);
}

function scaleOf(suffix: string): { binary: boolean; exponent: number } | undefined {
  if (/^[eE][+-]?\d/.test(suffix)) return { binary: false, exponent: Number(suffix.slice(1)) };
  const decimal = DECIMAL.indexOf(suffix);
  if (decimal >= 0) return { binary: false, exponent: (decimal - DECIMAL.indexOf("")) * 3 };
  const binary = BINARY.indexOf(suffix);
  return binary < 0 ? undefined : { binary: true, exponent: (binary + 1) * 10 };
}

function times10(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(Math.min(power, 60));
  const divisor = 10n ** BigInt(Math.min(-power, 60));
  return (value + divisor - 1n) / divisor;
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export function addQuantities(environment: Environment): void {
  environment
    .registerType("Quantity", { ctor: CelQuantity, fields: {} })
    .registerFunction("isQuantity(string): bool", (text: string) => parseQuantity(text) !== undefined)
    .registerFunction("quantity(string): Quantity", quantity)
    .registerFunction("sign(Quantity): int", ({ nano }: CelQuantity) => signOf(nano))
    .registerFunction("Quantity.isInteger(): bool", ({ isInteger }: CelQuantity) => isInteger)
    .registerFunction("Quantity.asInteger(): int", asInteger)
    .registerFunction("Quantity.asApproximateFloat(): double", ({ nano }: CelQuantity) => Number(nano) / Number(NANO))
    .registerFunction("Quantity.compareTo(Quantity): int", (a: CelQuantity, b: CelQuantity) => signOf(a.nano - b.nano))
    .registerFunction("Quantity.isGreaterThan(Quantity): bool", (a: CelQuantity, b: CelQuantity) => a.nano > b.nano)
    .registerFunction("Quantity.isLessThan(Quantity): bool", (a: CelQuantity, b: CelQuantity) => a.nano < b.nano)
    .registerFunction("Quantity.add(Quantity): Quantity", (a: CelQuantity, b: CelQuantity) => counted(a.nano + b.nano))
    .registerFunction("Quantity.add(int): Quantity", (a: CelQuantity, b: bigint) => counted(a.nano + b * NANO))
    .registerFunction("Quantity.sub(Quantity): Quantity", (a: CelQuantity, b: CelQuantity) => counted(a.nano - b.nano))
    .registerFunction("Quantity.sub(int): Quantity", (a: CelQuantity, b: bigint) => counted(a.nano - b * NANO))
    .registerOperator("Quantity == Quantity", (a: CelQuantity, b: CelQuantity) => a.nano === b.nano);
}

function quantity(text: string): CelQuantity {
  const parsed = parseQuantity(text);
  if (parsed === undefined) throw new Error(`${JSON.stringify(text)} is no quantity`);
  return parsed;
}

function asInteger({ nano, isInteger }: CelQuantity): bigint {
  if (!isInteger) throw new Error("cannot convert value to integer");
  return nano / NANO;
}

const signOf = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n);

const counted = (nano: bigint): CelQuantity => new CelQuantity(nano, nano % NANO === 0n);
