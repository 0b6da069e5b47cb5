// Serin's CRDs, admission policy and roles before an API server: are they accepted, and do they answer as promised?
// usage: node testbed/conformance/crd-real.ts --kubeconfig FILE [--kubectl PATH]     (as an administrator)
// Installs deploy/ there, works in a namespace of its own, and takes that namespace away at the end. Exits 1 when a check fails.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { actionObject, canaryObject, SAMPLES, type Sample } from "./crd-samples.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy");
/** A new one each time: an API server without a controller manager never finishes deleting a namespace. */
const NAMESPACE = `serin-crd-check-${Date.now().toString(36)}`;
const JANE = ["--as", "jane@example.com"];

export interface CheckResult {
  what: string;
  ok: boolean;
  /** What was answered instead. */
  detail: string;
}

/** Runs kubectl with these arguments; a line of input goes to its stdin. */
export type Kubectl = (args: string[], input?: unknown) => { code: number; out: string };

if (import.meta.main) main();

function main(): void {
  const { values } = parseArgs({
    options: { kubeconfig: { type: "string" }, kubectl: { type: "string", default: "kubectl" } },
  });
  if (values.kubeconfig === undefined) {
    console.error("usage: node testbed/conformance/crd-real.ts --kubeconfig FILE [--kubectl PATH]");
    process.exitCode = 2;
    return;
  }
  const results = checkCrds(kubectlOf(values.kubectl, values.kubeconfig));
  for (const { what, ok, detail } of results)
    console.log(`${ok ? "ok  " : "FAIL"} ${what}${ok ? "" : `\n     ${detail}`}`);
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`${results.length - failed} of ${results.length} hold`);
  process.exitCode = failed === 0 ? 0 : 1;
}

export function kubectlOf(binary: string, kubeconfig: string): Kubectl {
  return (args, input) => {
    const run = spawnSync(binary, ["--kubeconfig", kubeconfig, ...args], {
      encoding: "utf8",
      ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    });
    return {
      code: run.status ?? 1,
      out: `${run.stdout}${run.stderr}${run.error === undefined ? "" : String(run.error)}`.trim(),
    };
  };
}

/** Every promise, in order. Synchronous: it is a script, and each check needs the one before. */
export function checkCrds(kubectl: Kubectl): CheckResult[] {
  const inNamespace: Kubectl = (args, input) => kubectl(["-n", NAMESPACE, ...args], input);
  const installed = install(kubectl);
  try {
    return [
      ...installed,
      ...SAMPLES.map((sample) => checkSample(inNamespace, sample)),
      ...checkStorage(inNamespace),
      ...checkImmutable(inNamespace),
      ...checkIdentity(inNamespace),
      ...checkRights(inNamespace),
    ];
  } finally {
    kubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]);
  }
}

function install(kubectl: Kubectl): CheckResult[] {
  const crds = ["canaries.serin.dev", "canaryactions.serin.dev"];
  const applied = kubectl([
    "apply",
    "-f",
    join(DEPLOY, "crds"),
    "-f",
    join(DEPLOY, "admission-policy.yaml"),
    "-f",
    join(DEPLOY, "rbac.yaml"),
  ]);
  kubectl(["create", "namespace", NAMESPACE]);
  kubectl([
    "-n",
    NAMESPACE,
    "create",
    "rolebinding",
    "operate",
    "--clusterrole=serin-operate",
    "--user=jane@example.com",
  ]);
  const established = kubectl([
    "wait",
    "--for=condition=Established",
    "--timeout=20s",
    ...crds.map((crd) => `crd/${crd}`),
  ]);
  const conditions = kubectl(["get", "crd", ...crds, "-o", "jsonpath={.items[*].status.conditions[*].type}"]);
  const columns = kubectl([
    "get",
    "crd",
    crds[0]!,
    "-o",
    "jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}",
  ]);
  return [
    check("deploy/ is accepted", applied, ({ code }) => code === 0),
    check("the CRDs are established", established, ({ code }) => code === 0),
    check(
      "their schemas are structural",
      conditions,
      ({ out }) => out.includes("Established") && !out.includes("NonStructural"),
    ),
    check("kubectl get srn has its columns", columns, ({ out }) => out === "Phase Step Weight Message Age"),
  ];
}

function checkSample(kubectl: Kubectl, { what, object, refused }: Sample): CheckResult {
  const answer = kubectl(["create", "--dry-run=server", "-f", "-"], object);
  if (refused === undefined) return check(`accepts ${what}`, answer, ({ code }) => code === 0);
  return check(`refuses ${what}`, answer, ({ code, out }) => code !== 0 && refused.every((part) => out.includes(part)));
}

/** What is stored is what was written, with defaults; a status keeps what this CRD does not know. */
function checkStorage(kubectl: Kubectl): CheckResult[] {
  const spec = { versions: { stable: "a", canary: "b" }, strategy: { steps: [{ setWeight: 5 }] } };
  const status = {
    phase: "Progressing",
    message: "5 % on b",
    conditions: [],
    rollout: {
      id: "x",
      stable: "a",
      canary: "b",
      templateHash: "h",
      attempt: 1,
      startedAt: "2026-11-24T00:00:00Z",
      step: 0,
      newer: { deep: [1] },
    },
    weight: { wanted: 5, written: 5, total: 100 },
  };
  const misspelt = canaryObject({ ...spec, stratgy: {} }, "misspelt");
  return [
    check("creates a Canary", kubectl(["create", "-f", "-"], canaryObject(spec, "stored")), ({ code }) => code === 0),
    check(
      "fills in analysis",
      kubectl(["get", "srn", "stored", "-o", "jsonpath={.spec.analysis}"]),
      ({ out }) => out === "{}",
    ),
    check(
      "refuses a misspelt field",
      kubectl(["create", "-f", "-"], misspelt),
      ({ code, out }) => code !== 0 && out.includes('"spec.stratgy"'),
    ),
    check(
      "status is written apart",
      kubectl(["patch", "srn", "stored", "--subresource=status", "--type=merge", "-p", JSON.stringify({ status })]),
      ({ code }) => code === 0,
    ),
    check(
      "status keeps unknown fields",
      kubectl(["get", "srn", "stored", "-o", "jsonpath={.status.rollout.newer}"]),
      ({ out }) => out === '{"deep":[1]}',
    ),
    check(
      "the table shows phase, step, weight and message",
      kubectl(["get", "srn", "stored", "--no-headers"]),
      ({ out }) => /^stored\s+Progressing\s+0\s+5\s+5 % on b\s/.test(out),
    ),
    check(
      "the category lists both kinds",
      kubectl(["get", "serin"]),
      ({ code, out }) => code === 0 && out.includes("canary.serin.dev/stored"),
    ),
    check(
      "kubectl explain tells the fields",
      kubectl(["explain", "canary.spec.strategy.steps"]),
      ({ out }) => out.includes("setWeight") && out.includes("What happens, in order"),
    ),
    check(
      "refuses an unknown phase",
      kubectl(["patch", "srn", "stored", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Odd"}}']),
      ({ code }) => code !== 0,
    ),
  ];
}

function checkImmutable(kubectl: Kubectl): CheckResult[] {
  const created = kubectl(["create", "-f", "-"], actionObject({ verb: "abort", reason: "first" }, "kept"));
  const patch = (body: unknown, ...more: string[]) =>
    kubectl(["patch", "srna", "kept", "--type=merge", "-p", JSON.stringify(body), ...more]);
  return [
    check("creates an action", created, ({ code }) => code === 0),
    check(
      "an action's verb is never changed",
      patch({ spec: { verb: "pause" } }),
      ({ code, out }) => code !== 0 && out.includes("never changed"),
    ),
    check(
      "an action's reason is never changed",
      patch({ spec: { reason: "second" } }),
      ({ code, out }) => code !== 0 && out.includes("never changed"),
    ),
    check("an action's labels may change", patch({ metadata: { labels: { a: "b" } } }), ({ code }) => code === 0),
    check(
      "an action's status is written",
      patch({ status: { state: "Done", message: "taken back", at: "2026-11-24T00:00:00Z" } }, "--subresource=status"),
      ({ code }) => code === 0,
    ),
  ];
}

function checkIdentity(kubectl: Kubectl): CheckResult[] {
  const create = (by: string | undefined) =>
    kubectl(
      ["create", "--dry-run=server", "-f", "-", ...JANE],
      actionObject({ verb: "abort", ...(by === undefined ? {} : { by }) }),
    );
  return [
    check(
      "another's name is refused",
      untilRefused(() => create("joe")),
      ({ code, out }) => code !== 0 && out.includes("spec.by: is joe, but the caller is jane@example.com"),
    ),
    check("one's own name is admitted", create("jane@example.com"), ({ code }) => code === 0),
    check("no name is admitted", create(undefined), ({ code }) => code === 0),
  ];
}

/** A new policy takes effect within seconds. */
function untilRefused(ask: () => { code: number; out: string }): { code: number; out: string } {
  const end = Date.now() + 15_000;
  let answer = ask();
  while (answer.code === 0 && Date.now() < end) answer = ask();
  return answer;
}

function checkRights(kubectl: Kubectl): CheckResult[] {
  const controller = ["--as", "system:serviceaccount:serin-system:serin"];
  const can = (who: string[], verb: string, what: string, expected: "yes" | "no", ...more: string[]) =>
    check(
      `${who[1]} ${expected === "yes" ? "may" : "may not"} ${verb} ${what} ${more.join(" ")}`.trim(),
      kubectl(["auth", "can-i", verb, what, ...who, ...more]),
      ({ out }) => out.split("\n")[0] === expected,
    );
  return [
    can(JANE, "create", "canaryactions.serin.dev", "yes"),
    can(JANE, "get", "canaries.serin.dev", "yes"),
    can(JANE, "patch", "canaries.serin.dev", "no"),
    can(JANE, "patch", "canaryactions.serin.dev", "no"),
    can(JANE, "delete", "canaryactions.serin.dev", "no"),
    can(JANE, "patch", "virtualservices.networking.istio.io", "no"),
    can(controller, "patch", "virtualservices.networking.istio.io", "yes"),
    can(controller, "patch", "canaries.serin.dev", "yes", "--subresource=status"),
    can(controller, "patch", "canaryactions.serin.dev", "yes", "--subresource=status"),
    can(controller, "delete", "canaryactions.serin.dev", "yes"),
    can(controller, "create", "canaryactions.serin.dev", "no"),
    can(controller, "patch", "deployments.apps", "yes", "--subresource=scale"),
    can(controller, "patch", "deployments.apps", "no"),
    can(controller, "patch", "destinationrules.networking.istio.io", "no"),
    can(controller, "get", "secrets", "no"),
    can(controller, "delete", "pods", "no"),
  ];
}

function check(
  what: string,
  answer: { code: number; out: string },
  holds: (answer: { code: number; out: string }) => boolean,
): CheckResult {
  return { what, ok: holds(answer), detail: `exit ${answer.code}: ${answer.out}` };
}
