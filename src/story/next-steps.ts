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

export function nextSteps({
  gatewayUrl,
  apiUrl,
  statsUrl,
  kubeconfig,
  examples,
  report,
  homeFlag,
}: Addresses): string[] {
  return [
    "The sandbox stays up. Try next:",
    `  curl ${gatewayUrl}                     an answer of the echo service`,
    `  ${examples}/test-canary.sh -n 100          counts per version`,
    `  npx serin get echo --watch${homeFlag}                  the rollout, live`,
    `  npx serin load${homeFlag}                              traffic, counted by version`,
    `  npx serin explain-route ${gatewayUrl}${homeFlag}      why a request goes where it goes`,
    `  npx serin retry echo${homeFlag}                        let v3 try again: it is caught again`,
    `  kubectl --kubeconfig ${kubeconfig} get deployments,pods,virtualservices,canaries`,
    `  kubectl --kubeconfig ${kubeconfig} apply -f ${examples}/vs-50-50.yaml`,
    "",
    `  gateway   ${gatewayUrl}`,
    `  API       ${apiUrl}   (kubeconfig ${kubeconfig})`,
    ...(statsUrl === undefined ? [] : [`  metrics   ${statsUrl}`]),
    `  report    ${report}`,
    "",
    "Ctrl-C here, or `npx serin down" +
      homeFlag +
      "` elsewhere, ends it; its state is kept. `npx serin reset" +
      homeFlag +
      "` deletes it.",
  ];
}
