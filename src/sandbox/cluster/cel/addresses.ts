// IP addresses and CIDRs in CEL: https://pkg.go.dev/k8s.io/apiserver/pkg/cel/library#IP and #CIDR

import { isIP } from "node:net";
import type { Environment } from "@marcbachmann/cel-js";

class CelAddress {
  readonly family: 4 | 6;
  readonly bits: bigint;
  /** As it is written by rule. */
  readonly text: string;

  constructor(text: string) {
    if (!isAddress(text))
      throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
    this.family = isIP(text) === 4 ? 4 : 6;
    this.text = this.family === 4 ? text : new URL(`http://[${text}]/`).hostname.slice(1, -1);
    this.bits = this.family === 4 ? bitsOf4(text) : bitsOf6(this.text);
  }
}

class CelCidr {
  readonly address: CelAddress;
  readonly length: number;

  constructor(text: string) {
    if (!isCidr(text))
      throw new Error(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
    const [address = "", length] = text.split("/");
    this.address = new CelAddress(address);
    this.length = Number(length);
  }

  /** Of an address, the part that names the network. */
  network({ bits }: CelAddress = this.address): bigint {
    const host = BigInt(widthOf(this.address) - this.length);
    return (bits >> host) << host;
  }

  contains(other: CelAddress): boolean {
    return other.family === this.address.family && this.network(other) === this.network();
  }
}

/** What `ip` stands for in `ip.isCanonical(...)`. */
class AddressNamespace {
  readonly name = "ip";
}

export function addAddresses(environment: Environment): void {
  const address = (value: CelAddress | string) => (typeof value === "string" ? new CelAddress(value) : value);
  const cidr = (value: CelCidr | string) => (typeof value === "string" ? new CelCidr(value) : value);
  environment
    .registerType("IP", { ctor: CelAddress, fields: {} })
    .registerType("CIDR", { ctor: CelCidr, fields: {} })
    .registerType("AddressNamespace", { ctor: AddressNamespace, fields: {} })
    .registerConstant("ip", "AddressNamespace", new AddressNamespace())
    .registerFunction("isIP(string): bool", isAddress)
    .registerFunction("ip(string): IP", (text: string) => new CelAddress(text))
    .registerFunction(
      "AddressNamespace.isCanonical(string): bool",
      (_: unknown, text: string) => new CelAddress(text).text === text,
    )
    .registerFunction("string(IP): string", ({ text }: CelAddress) => text)
    .registerFunction("IP.family(): int", ({ family }: CelAddress) => BigInt(family))
    .registerOperator("IP == IP", sameAddress)
    .registerFunction("isCIDR(string): bool", isCidr)
    .registerFunction("cidr(string): CIDR", (text: string) => new CelCidr(text))
    .registerFunction("string(CIDR): string", textOf)
    .registerFunction("CIDR.ip(): IP", (range: CelCidr) => range.address)
    .registerFunction("CIDR.prefixLength(): int", ({ length }: CelCidr) => BigInt(length))
    .registerFunction("CIDR.masked(): CIDR", masked)
    .registerOperator(
      "CIDR == CIDR",
      (a: CelCidr, b: CelCidr) => a.length === b.length && sameAddress(a.address, b.address),
    );
  for (const [name, is] of Object.entries(KINDS)) environment.registerFunction(`IP.${name}(): bool`, is);
  for (const type of ["IP", "string"])
    environment.registerFunction(`CIDR.containsIP(${type}): bool`, (range: CelCidr, value: CelAddress | string) =>
      range.contains(address(value)),
    );
  for (const type of ["CIDR", "string"])
    environment.registerFunction(`CIDR.containsCIDR(${type}): bool`, (range: CelCidr, value: CelCidr | string) => {
      const other = cidr(value);
      return range.length <= other.length && range.contains(other.address);
    });
}

const inRange = (range: string) => {
  const cidr = new CelCidr(range);
  return (address: CelAddress) => cidr.contains(address);
};
const inAny = (...ranges: string[]) => {
  const tests = ranges.map(inRange);
  return (address: CelAddress) => tests.some((test) => test(address));
};

const isUnspecified = inAny("0.0.0.0/32", "::/128");
const isLoopback = inAny("127.0.0.0/8", "::1/128");
const isLinkLocalUnicast = inAny("169.254.0.0/16", "fe80::/10");
const isMulticast = inAny("224.0.0.0/4", "ff00::/8");
const isBroadcast = inAny("255.255.255.255/32");

/** Of an IPv6 multicast address the scope decides, whatever its flags. */
function isLinkLocalMulticast(address: CelAddress): boolean {
  return (
    isIPv4LinkLocalMulticast(address) ||
    (isMulticast(address) && address.family === 6 && ((address.bits >> 112n) & 15n) === 2n)
  );
}
const isIPv4LinkLocalMulticast = inAny("224.0.0.0/24");

function isGlobalUnicast(address: CelAddress): boolean {
  const others = [isUnspecified, isLoopback, isLinkLocalUnicast, isMulticast, isBroadcast];
  return !others.some((is) => is(address));
}

const KINDS = { isUnspecified, isLoopback, isLinkLocalUnicast, isLinkLocalMulticast, isGlobalUnicast };

const sameAddress = (a: CelAddress, b: CelAddress): boolean => a.family === b.family && a.bits === b.bits;

const textOf = ({ address, length }: CelCidr): string => `${address.text}/${length}`;

const widthOf = ({ family }: CelAddress): number => (family === 4 ? 32 : 128);

function masked(range: CelCidr): CelCidr {
  return new CelCidr(`${addressText(range.address.family, range.network())}/${range.length}`);
}

function addressText(family: 4 | 6, bits: bigint): string {
  const [size, count, base, sign] = family === 4 ? [8n, 4, 10, "."] : ([16n, 8, 16, ":"] as const);
  const groups = Array.from(
    { length: count },
    (_, index) => (bits >> (size * BigInt(count - 1 - index))) & ((1n << size) - 1n),
  );
  return groups.map((group) => group.toString(base)).join(sign);
}

function bitsOf4(text: string): bigint {
  return text.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

/** Of the canonical text, which has no dotted part. */
function bitsOf6(text: string): bigint {
  const [left = "", right] = text.split("::");
  const [head, tail] = [left, right ?? ""].map((side) => side.split(":").filter((group) => group !== ""));
  const zeros = right === undefined ? [] : Array.from({ length: 8 - head!.length - tail!.length }, () => "0");
  return [...head!, ...zeros, ...tail!].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** Zones and IPv4 addresses in IPv6 clothes are none. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%") && !/^::ffff:(\d+\.|[\da-f]{1,4}:[\da-f]{1,4}$)/i.test(text);
}

function isCidr(text: string): boolean {
  const [, address = "", bits = ""] = /^([^/]+)\/(\d|[1-9]\d{1,2})$/.exec(text) ?? [];
  return isAddress(address) && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}
