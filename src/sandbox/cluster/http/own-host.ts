// Against DNS rebinding: a page in a browser can make any name point here, but it cannot choose the Host header.

const OWN_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** True for the names that the server's certificate carries, with or without a port. */
export function isOwnHost(host: string | undefined): boolean {
  const name = (host ?? "").toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  return OWN_NAMES.includes(name);
}
