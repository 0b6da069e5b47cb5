// Every case that was written by hand.

import type { DifferentialCase } from "../case.ts";
import { ACTION_CASES } from "./actions.ts";
import { BODY_CASES } from "./bodies.ts";
import { DELEGATE_CASES } from "./delegates.ts";
import { FAILURE_CASES } from "./failures.ts";
import { FAULT_CASES } from "./faults.ts";
import { GRPC_CASES } from "./grpc.ts";
import { GRPC_ROUTE_CASES } from "./grpc-routes.ts";
import { HEADER_CASES } from "./headers.ts";
import { HOST_CASES } from "./hosts.ts";
import { HTTP_ROUTE_FILTER_CASES } from "./http-route-filters.ts";
import { HTTP_ROUTE_CASES } from "./http-routes.ts";
import { HTTP2_CASES } from "./http2.ts";
import { MATCH_CASES } from "./match.ts";
import { SPLIT_CASES } from "./split.ts";
import { STRENGTH_CASES } from "./strength.ts";
import { UPGRADE_CASES } from "./upgrades.ts";

export const HAND_WRITTEN: readonly DifferentialCase[] = [
  ...MATCH_CASES,
  ...HOST_CASES,
  ...SPLIT_CASES,
  ...HEADER_CASES,
  ...ACTION_CASES,
  ...FAILURE_CASES,
  ...FAULT_CASES,
  ...DELEGATE_CASES,
  ...UPGRADE_CASES,
  ...BODY_CASES,
  ...HTTP2_CASES,
  ...GRPC_CASES,
  ...STRENGTH_CASES,
  ...HTTP_ROUTE_CASES,
  ...HTTP_ROUTE_FILTER_CASES,
  ...GRPC_ROUTE_CASES,
];
