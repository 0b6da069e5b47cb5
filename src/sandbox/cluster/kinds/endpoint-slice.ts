// EndpointSlices: the kind of address is fixed.

import type { EndpointSlice } from "../../../core/kubernetes/workload.ts";
import { invalidValue, notSupported, requiredValue } from "../errors.ts";
import type { KindRules } from "./kind-rules.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];

export const endpointSliceRules: KindRules = {
  fillIn: (object) => {
    // Go writes the list even when it is empty.
    object["endpoints"] ??= [];
  },
  problems: (object) => {
    const { addressType, endpoints } = object as EndpointSlice;
    if (addressType === undefined) return [requiredValue("addressType")];
    if (!ADDRESS_TYPES.includes(addressType)) return [notSupported("addressType", addressType, ADDRESS_TYPES)];
    return endpoints.flatMap((endpoint, index) =>
      (endpoint.addresses ?? []).length > 0
        ? []
        : [requiredValue(`endpoints[${index}].addresses`, "must contain at least 1 address")],
    );
  },
  changeProblems: (before, after) =>
    before["addressType"] === after["addressType"]
      ? []
      : [invalidValue("addressType", after["addressType"], "field is immutable")],
};
