// Both ends of a connection, as headers and the access log have them.

/** As sockets have them. */
export interface ConnectionEnds {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Of a client that has shown a certificate: what the upstream is told about it. */
  readonly forwardedCertificate?: string | undefined;
}

export function addressesOf(ends: ConnectionEnds): { localAddress: string; remoteAddress: string } {
  return {
    localAddress: `${plainAddress(ends.localAddress)}:${ends.localPort}`,
    remoteAddress: `${plainAddress(ends.remoteAddress)}:${ends.remotePort}`,
  };
}

export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "unknown";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
