// The kubeconfig that leads clients to the sandbox. Written as JSON, which is YAML too: every client reads it, and `serin`
// itself without loading a YAML parser.

const CONTEXT_NAME = "serin-sandbox";

/** As text. Certificate and token are inline, so that the file works wherever it is copied to. */
export function renderKubeconfig(sandbox: { url: string; authorityPem: string; token: string }): string {
  const cluster = {
    server: sandbox.url,
    "certificate-authority-data": Buffer.from(sandbox.authorityPem).toString("base64"),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: CONTEXT_NAME, cluster }],
    users: [{ name: CONTEXT_NAME, user: { token: sandbox.token } }],
    contexts: [{ name: CONTEXT_NAME, context: { cluster: CONTEXT_NAME, user: CONTEXT_NAME, namespace: "default" } }],
    "current-context": CONTEXT_NAME,
  };
  const warning = "# Leads kubectl and other clients to the Serin sandbox. Holds a secret token: keep it to yourself.";
  return `${warning}\n${JSON.stringify(config, null, 2)}\n`;
}
