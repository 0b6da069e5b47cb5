// One server of a Gateway, on its own; VirtualServices are bound to it in compile.ts.

import type { TlsSettings } from "../routing/tls-settings.ts";

export interface ServerTemplate {
  /** `ns/name` of its Gateway. */
  gateway: string;
  port: number;
  /** Lower case, without the namespaces that may bind them. */
  hosts: string[];
  /** Hosts that VirtualServices of that namespace may bind. */
  hostsFor(namespace: string): string[];
  serves: Serving;
}

export type Serving =
  | { kind: "http"; redirectsToHttps: boolean }
  /** Without settings it has no usable certificate. */
  | { kind: "https"; key: string; settings: TlsSettings | undefined }
  | { kind: "passthrough" };
