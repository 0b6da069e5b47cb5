// Whether a complete answer is the right one: its status, and its bytes in full.

export interface Expected {
  status: number;
  /** What was sent must come back. */
  sent: Buffer | undefined;
  /** Else so many bytes. */
  bytes: number | undefined;
}

/** In words; undefined: it is right. */
export function wrongWith(status: number, body: Buffer, expected: Expected): string | undefined {
  if (status !== expected.status) return `${status} in place of ${expected.status}`;
  const bytes = expected.sent?.length ?? expected.bytes ?? body.length;
  if (body.length !== bytes) return `${body.length} bytes in place of ${bytes}`;
  return expected.sent === undefined || expected.sent.equals(body) ? undefined : "other bytes";
}
