// One TLS server: shakes hands, checks the client's certificate where one is asked for, and hands the clear bytes on. A renewed
// certificate holds from the next connection on and disturbs none that is there.

import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import type { ClientValidation, TlsSettings } from "../routing/tls-settings.ts";
import { hasAltName } from "../upstreams/subject-alt-names.ts";
import type { ConnectionEnds } from "../wire/addresses.ts";
import { forwardedCertificate } from "./client-certificate.ts";
import type { ClientHello } from "./client-hello.ts";

/** What is spoken inside, the preferred one first. */
const PROTOCOLS = ["h2", "http/1.1"];
/** Istio's transport_socket_connect_timeout at gateways. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** What speaks on the connections once they are clear. */
export interface Inside {
  accept(socket: TLSSocket): void;
  drain(): void;
}

export class TlsTerminator {
  readonly #inside: Inside;
  #settings: TlsSettings;
  /** Those that are shaking hands, by their ends. */
  readonly #shaking = new Map<string, Socket>();
  readonly #open = new Set<TLSSocket>();
  /** With and without the protocol being agreed on: one that the client does not know would end the handshake. */
  readonly #servers = new Map<boolean, Server>();

  constructor(settings: TlsSettings, inside: Inside) {
    this.#settings = settings;
    this.#inside = inside;
  }

  /** False: these settings need a server of their own. */
  adopt(settings: TlsSettings): boolean {
    if (!isDeepStrictEqual(fixed(settings), fixed(this.#settings))) return false;
    if (isDeepStrictEqual(settings, this.#settings)) return true;
    this.#settings = settings;
    for (const server of this.#servers.values()) server.setSecureContext(contextOptions(settings));
    return true;
  }

  accept(socket: Socket, { alpn }: ClientHello): void {
    const agrees = PROTOCOLS.some((each) => alpn.includes(each));
    const server = this.#servers.get(agrees) ?? this.#makeServer(agrees);
    this.#servers.set(agrees, server);
    const ends = endsOf(socket);
    this.#shaking.set(ends, socket);
    socket.once("close", () => this.#shaking.delete(ends));
    server.emit("connection", socket);
  }

  /** Idle connections end now, and those that have not begun; the others after their answer. */
  drain(): void {
    for (const socket of this.#shaking.values()) socket.destroy();
    this.#inside.drain();
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #makeServer(agrees: boolean): Server {
    const { clients } = this.#settings;
    const server = createServer({
      ...contextOptions(this.#settings),
      requestCert: clients !== undefined,
      rejectUnauthorized: clients?.required === true,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      ...(agrees && { ALPNProtocols: PROTOCOLS }),
    });
    server.on("tlsClientError", (_, socket) => socket.destroy());
    server.on("secureConnection", (socket) => {
      this.#shaking.delete(endsOf(socket));
      const certificate = clients && socket.getPeerX509Certificate();
      if (clients !== undefined && !isWelcome(socket.authorized, certificate, clients)) return void socket.destroy();
      if (certificate !== undefined)
        Object.assign(socket, { forwardedCertificate: forwardedCertificate(certificate) } satisfies ConnectionEnds);
      this.#open.add(socket);
      socket.on("close", () => this.#open.delete(socket));
      this.#inside.accept(socket);
    });
    return server;
  }
}

function endsOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

/** What a server has for good. */
function fixed({ clients, minVersion, maxVersion, ciphers }: TlsSettings): unknown {
  return [clients?.required, clients?.subjectAltNames, minVersion, maxVersion, ciphers];
}

function contextOptions({ keyPairs, clients, minVersion, maxVersion, ciphers }: TlsSettings): SecureContextOptions {
  const { authority } = clients ?? {};
  return {
    cert: keyPairs.map(({ certificate }) => certificate),
    key: keyPairs.map(({ key }) => key),
    minVersion,
    maxVersion,
    ciphers: [...ciphers, ...(maxVersion === "TLSv1.3" ? TLS13_CIPHERS : [])].join(":"),
    honorCipherOrder: true,
    ...(authority !== undefined && { ca: authority.certificates, allowPartialTrustChain: true }),
    ...(authority?.revoked !== undefined && { crl: authority.revoked }),
  };
}

const TLS13_CIPHERS = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

function isWelcome(isTrusted: boolean, certificate: X509Certificate | undefined, clients: ClientValidation): boolean {
  if (certificate === undefined) return !clients.required;
  const { subjectAltNames } = clients;
  return isTrusted && (subjectAltNames.length === 0 || hasAltName(certificate, subjectAltNames));
}
