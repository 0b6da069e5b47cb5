// The protobuf wire format, reading only: https://protobuf.dev/programming-guides/encoding/

export interface WireField {
  number: number;
  /** A varint, the eight bytes of a double, or the bytes of everything else. */
  value: bigint | number | Buffer;
}

/** The fields of one message in the order sent. Throws RangeError when the bytes end too early or make no sense. */
export function readFields(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new RangeError("ends in the middle of a number");
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new RangeError("a number is too long");
  };
  const take = (length: number): Buffer => {
    if (length < 0 || at + length > bytes.length) throw new RangeError("ends in the middle of a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    fields.push({ number: tag >>> 3, value: readValue(tag & 7, varint, take) });
  }
  return fields;
}

function readValue(wireType: number, varint: () => bigint, take: (length: number) => Buffer): bigint | number | Buffer {
  if (wireType === 0) return varint();
  if (wireType === 1) return take(8).readDoubleLE();
  if (wireType === 2) return take(Number(varint()));
  if (wireType === 5) return take(4).readFloatLE();
  throw new RangeError(`has an unknown wire type ${wireType}`);
}
