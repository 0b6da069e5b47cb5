// A refusal by RBAC, told so that it can be cured by copying: who lacks what where, and the rule that grants it.
// The server's sentence is the only place that says all of it:
// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go

const RESOURCE_REFUSED =
  /User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]*)" in API group "(?<group>[^"]*)" (?:in the namespace "(?<namespace>[^"]*)"|at the cluster scope)/;
const PATH_REFUSED = /User "(?<user>[^"]*)" cannot (?<verb>\S+) path "(?<path>[^"]*)"/;

/** The sentence to add; undefined when something else than RBAC refused. */
export function missingPermission(message: string): string | undefined {
  const byResource = RESOURCE_REFUSED.exec(message)?.groups;
  if (byResource !== undefined) {
    const { user = "", verb = "", resource = "", group = "", namespace } = byResource;
    const where = namespace === undefined ? "ClusterRole" : `Role in namespace ${namespace}, or a ClusterRole,`;
    const rule = `- {apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]}`;
    return `To allow it, add this line to the rules of a ${where} bound to ${subject(user)}: ${rule}`;
  }
  const byPath = PATH_REFUSED.exec(message)?.groups;
  if (byPath === undefined) return undefined;
  const { user = "", verb = "", path = "" } = byPath;
  const rule = `- {nonResourceURLs: ["${path}"], verbs: ["${verb}"]}`;
  return `To allow it, add this line to the rules of a ClusterRole bound to ${subject(user)}: ${rule}`;
}

/** As it stands in a binding's subjects. */
function subject(user: string): string {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  return account === null ? `user "${user}"` : `service account ${account[2]} of namespace ${account[1]}`;
}
