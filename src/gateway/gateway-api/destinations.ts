// A backendRef as the destination of a route. istiod 1.31, pilot/pkg/config/kube/gateway/conversion.go (buildDestination): what may
// not or cannot be reached becomes a destination without a cluster, so that its share of the requests gets 500; what makes no sense
// takes the whole route out of service.

import type { ServiceDirectory } from "../compile/service-directory.ts";
import type { Destination } from "../objects.ts";
import { serviceHost } from "../routing/names.ts";
import { type BackendReference, type Finding, GROUP, type ReferenceGrant } from "./objects.ts";

export interface Backends {
  services: ServiceDirectory;
  grants: readonly ReferenceGrant[];
}

export type Resolved =
  | { destination: Destination; finding?: Finding; isHard?: false }
  | { destination?: undefined; finding: Finding; isHard: true };

/** No Service has this name, nor can have it: its requests find no cluster. */
const NOWHERE: Destination = { host: "unknown-backend.invalid", port: { number: 0 } };

export interface RouteOrigin {
  kind: "HTTPRoute" | "GRPCRoute";
  namespace: string;
}

export function resolveBackend(ref: BackendReference, from: RouteOrigin, { services, grants }: Backends): Resolved {
  const { group = "", kind = "Service", name, port } = ref;
  const namespace = ref.namespace ?? from.namespace;
  if (namespace !== from.namespace && !isGranted({ group, kind, name, namespace }, from, grants))
    return {
      destination: NOWHERE,
      finding: {
        reason: "RefNotPermitted",
        message: `backendRef ${name}/${namespace} not accessible to a ${from.kind} in namespace ${JSON.stringify(from.namespace)} (missing a ReferenceGrant?)`,
      },
    };
  if (group !== "" || kind !== "Service")
    return {
      destination: NOWHERE,
      finding: {
        reason: "InvalidKind",
        message: `referencing unsupported backendRef: group ${JSON.stringify(ref.group ?? "")} kind ${JSON.stringify(ref.kind ?? "")}`,
      },
    };
  if (name.includes(".")) return hard("service name invalid; the name of the Service must be used, not the hostname.");
  if (port === undefined) return hard("port is required in backendRef");
  const host = serviceHost(name, namespace);
  const destination: Destination = { host, port: { number: port } };
  if (services.find(host) !== undefined) return { destination };
  return { destination, finding: { reason: "BackendNotFound", message: `backend(${host}) not found` } };
}

function hard(message: string): Resolved {
  return { finding: { reason: "InvalidDestination", message }, isHard: true };
}

/** https://gateway-api.sigs.k8s.io/api-types/referencegrant/ */
function isGranted(
  to: { group: string; kind: string; name: string; namespace: string },
  from: RouteOrigin,
  grants: readonly ReferenceGrant[],
): boolean {
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === to.namespace &&
      spec.from.some((each) => each.group === GROUP && each.kind === from.kind && each.namespace === from.namespace) &&
      spec.to.some(
        (each) =>
          each.group === to.group && each.kind === to.kind && (each.name === undefined || each.name === to.name),
      ),
  );
}
