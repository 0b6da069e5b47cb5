// Cases are written for namespaces `default` and `other` and for the stock ingress gateway. On somebody's cluster they get namespaces of
// their own and the gateway that is there: names are exchanged in every object before it is written. No answer shows them.

export const HOME = "serin-differential";
export const OTHER = "serin-differential-other";
export const OWN_NAMESPACES: readonly string[] = [HOME, OTHER];

/** Where a few cases put objects, which take effect on the suite's own hosts only. */
export const SYSTEM = "istio-system";
/** On everything that the suite makes outside its namespaces, and on these. */
export const OWN_LABEL = "app.kubernetes.io/managed-by";
export const OWN_LABEL_VALUE = "serin-differential";
/** Beside it: which run made it, so that no run removes what is another's. */
export const RUN_LABEL = "serin.dev/differential-run";

export function ownLabels(run: string): Record<string, string> {
  return { [OWN_LABEL]: OWN_LABEL_VALUE, [RUN_LABEL]: run };
}

/** Resources that may lie outside, as kubectl calls them. */
export const STRAY_RESOURCES = [
  "destinationrules.networking.istio.io",
  "virtualservices.networking.istio.io",
  "gateways.gateway.networking.k8s.io",
  "secrets",
];

const EXCHANGED: Readonly<Record<string, string>> = { default: HOME, other: OTHER };

/** Labels of the ingress gateway's pods by which Gateways select it. */
export type IngressLabels = Readonly<Record<string, string>>;
const STOCK_LABELS: IngressLabels = { istio: "ingressgateway", app: "istio-ingressgateway" };

/** Of an object, or of what else names one. */
export function withOwnNames<T>(value: T, ingress: IngressLabels): T {
  return exchange(value, "", ingress) as T;
}

function exchange(value: unknown, key: string, ingress: IngressLabels): unknown {
  if (typeof value === "string") return exchangeText(value, key, ingress);
  if (Array.isArray(value)) return value.map((each) => exchange(each, key, ingress));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, exchange(each, name, ingress)]));
}

/** Keys whose values are names of namespaces. */
const NAMESPACE_KEYS = ["namespace", "exportTo", "sourceNamespace", "kubernetes.io/metadata.name"];

function exchangeText(text: string, key: string, ingress: IngressLabels): string {
  if (NAMESPACE_KEYS.includes(key)) return EXCHANGED[text] ?? text;
  if (text === STOCK_LABELS[key]) return ingress[key] ?? text;
  return (
    text
      // Hosts of Services: echo.default, echo.default.svc, echo.default.svc.cluster.local.
      .replace(
        /^([a-z0-9-]+)\.(default|other)(?=$|\.svc$|\.svc\.)/,
        (_, name, namespace) => `${name}.${EXCHANGED[namespace]}`,
      )
      // References and hosts of Gateways: default/suite-gateway, other/*.c1.test.
      .replace(/^(default|other)\//, (_, namespace) => `${EXCHANGED[namespace]}/`)
  );
}

/** True when a text in it names the namespace of a stock installation. */
export function namesSystem(value: unknown): boolean {
  if (typeof value === "string") return /(^|[./])istio-system($|[/]|[.]svc)/.test(value);
  return typeof value === "object" && value !== null && Object.values(value).some(namesSystem);
}
