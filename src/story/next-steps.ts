// What to try now that the sandbox is up.

export interface Addresses {
  gatewayUrl: string;
  apiUrl: string;
  statsUrl?: string;
  /** As people in this directory would write it. */
  kubeconfig: string;
  examples: string;
  report: string;
  /** " --home DIR" where the home is not the usual one. */
  homeFlag: string;
}

const USUAL_URL = "http://localhost:8080/";

export function nextSteps(addresses: Addresses): string[] {
  const { gatewayUrl, apiUrl, statsUrl, kubeconfig, examples, report, homeFlag } = addresses;
  const url = gatewayUrl === USUAL_URL ? "" : ` --url ${gatewayUrl}`;
  const kubectl = `kubectl --kubeconfig ${kubeconfig}`;
  return [
    "The sandbox stays up. Try next, in another terminal:",
    ...columns([
      [`curl ${gatewayUrl}`, "an answer of the echo service"],
      [`${examples}/test-canary.sh -n 100${url}`, "counts per version"],
      [`npx serin get echo --watch${homeFlag}`, "the rollout, live"],
      [`npx serin explain-route ${gatewayUrl}${homeFlag}`, "why a request goes where it goes"],
      [`npx serin load --duration 1m${url}`, "traffic, counted by version"],
      [`npx serin retry echo${homeFlag}`, "and meanwhile: v3 tries again, and is caught again"],
      [`${kubectl} get deployments,pods,virtualservices,canaries`, ""],
      [`${kubectl} apply -f ${examples}/vs-50-50.yaml`, "half and half by hand (v1 and v2)"],
    ]),
    "",
    ...columns([
      ["gateway", gatewayUrl],
      ["API", `${apiUrl}  (kubeconfig ${kubeconfig})`],
      ...(statsUrl === undefined ? [] : [["metrics", statsUrl] as const]),
      ["report", report],
    ]),
    "",
    `Ctrl-C ends it, and so does \`npx serin down${homeFlag}\`; its state is kept. \`npx serin reset${homeFlag}\` deletes it.`,
  ];
}

/** The second column begins behind the longest of the short ones. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length).filter((length) => length < 60));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
}
