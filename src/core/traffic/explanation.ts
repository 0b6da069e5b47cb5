// Why a request goes where it goes, as a value: computed by the gateway's own matching, shown by the CLI and the dashboard.

export interface RouteRequest {
  host: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  /** Gateway port; 80 when absent. */
  port?: number;
}

export interface RouteExplanation {
  /** What was looked at and decided, in order, one sentence each. */
  steps: ExplanationStep[];
  /** The objects that decided, for `kubectl get`. */
  gateway?: string;
  virtualService?: string;
  /** "HTTPRoute default/echo". */
  gatewayApiRoute?: string;
  /** Name or index of the route. */
  route?: string;
  /** Where it can go, with the share of each; empty when it is answered without a backend. */
  destinations: ExplainedDestination[];
  /** The answer without a backend: 404 no route, 301 redirect, a direct response; code 0: the connection is closed. */
  answer?: { code: number; reason: string };
}

export interface ExplanationStep {
  /** Whether the candidate was taken. */
  taken: boolean;
  /** "VirtualService default/echo route 0 (canary): uri /x does not start with /api". */
  text: string;
}

export interface ExplainedDestination {
  host: string;
  subset?: string;
  port?: number;
  weight: number;
  /** Share of the requests, 0 to 1. */
  share: number;
  /** Addresses that are ready. */
  readyEndpoints: string[];
}
