// Addresses as Go's net.Listen takes them. In a sandbox pod a wildcard means the pod's own address: SANDBOX_POD_IP, or
// where pods share one address SANDBOX_DIAL, which says where each container port really is.
"use strict";

const NAMED_PORTS = { http: 80, https: 443, "": 80 };
const WILDCARDS = new Set(["", "0.0.0.0", "::"]);
const REASONS = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};

/** `onError` gets Go's words. */
function listenOn(server, address, onError) {
  const parsed = parseAddress(address);
  if (parsed.error !== undefined) return onError(`listen tcp: ${parsed.error}`);
  const { host, port } = dialable(parsed);
  server.on("error", (error) => onError(`listen tcp ${address}: bind: ${REASONS[error.code] ?? error.message}`));
  server.listen({ port, ...(host === "" ? {} : { host }), backlog: 1024 });
}

function parseAddress(address) {
  if (address === "") return { host: "", port: 80 };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(address);
  if (match === null) {
    const problem = address.includes(":") ? "too many colons in address" : "missing port in address";
    return { error: `address ${address}: ${problem}` };
  }
  const [, bracketed, plain, text] = match;
  const port = /^\d+$/.test(text) ? Number(text) : NAMED_PORTS[text];
  if (port === undefined) return { error: `lookup tcp/${text}: unknown port` };
  if (port > 65_535) return { error: `address ${text}: invalid port` };
  return { host: bracketed ?? plain, port };
}

function dialable({ host, port }) {
  const podIP = process.env.SANDBOX_POD_IP ?? "";
  if (podIP === "" || !(WILDCARDS.has(host) || host === podIP)) return { host, port };
  const mapped = JSON.parse(process.env.SANDBOX_DIAL || "{}")[port];
  if (mapped === undefined) return { host: podIP, port };
  const colon = mapped.lastIndexOf(":");
  return { host: mapped.slice(0, colon), port: Number(mapped.slice(colon + 1)) };
}

module.exports = { listenOn, parseAddress };
