// The kubeconfig that leads clients to the sandbox.

export const CONTEXT_NAME = "serin-sandbox";

/** As text. Certificate and token are inline, so that the file works wherever it is copied to. */
export function renderKubeconfig(sandbox: { url: string; authorityPem: string; token: string }): string {
  return `# Leads kubectl and other clients to the Serin sandbox. Holds a secret token: keep it to yourself.
apiVersion: v1
kind: Config
clusters:
- name: ${CONTEXT_NAME}
  cluster:
    server: ${sandbox.url}
    certificate-authority-data: ${Buffer.from(sandbox.authorityPem).toString("base64")}
users:
- name: ${CONTEXT_NAME}
  user:
    token: ${sandbox.token}
contexts:
- name: ${CONTEXT_NAME}
  context:
    cluster: ${CONTEXT_NAME}
    user: ${CONTEXT_NAME}
    namespace: default
current-context: ${CONTEXT_NAME}
`;
}
