// Configurations of admission webhooks: stored and validated, so that charts which bring them install and istiod reads them; the
// sandbox calls no webhook, and says so to whoever writes one.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { type FieldProblem, invalidValue, requiredValue } from "../errors.ts";
import type { KindRules } from "./kind-rules.ts";

interface Webhook {
  name?: string;
  sideEffects?: string;
  admissionReviewVersions?: string[];
  clientConfig?: { url?: string; service?: object };
}

export const webhookConfigurationRules: KindRules = {
  problems: (object) => webhooksOf(object).flatMap((webhook, index) => problemsOf(`webhooks[${index}]`, webhook)),
  warning: (object) =>
    webhooksOf(object).length === 0
      ? undefined
      : "the Serin sandbox calls no admission webhooks: this one has no effect",
};

function webhooksOf(object: KubeObject): Webhook[] {
  return (object["webhooks"] ?? []) as Webhook[];
}

function problemsOf(
  field: string,
  { name = "", sideEffects, admissionReviewVersions = [], clientConfig = {} }: Webhook,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (name.split(".").length < 3 || name.split(".").includes(""))
    problems.push(
      invalidValue(`${field}.name`, name, "should be a domain with at least three segments separated by dots"),
    );
  if (!sideEffects) problems.push(requiredValue(`${field}.sideEffects`, "must specify one of None, NoneOnDryRun"));
  const { url, service } = clientConfig;
  if ((url === undefined) === (service === undefined))
    problems.push(requiredValue(`${field}.clientConfig`, "exactly one of url or service is required"));
  else if (url !== undefined && !url.startsWith("https://"))
    problems.push(invalidValue(`${field}.clientConfig.url`, url, "'https' is the only allowed URL scheme"));
  if (admissionReviewVersions.length === 0)
    problems.push(requiredValue(`${field}.admissionReviewVersions`, "must specify one of v1, v1beta1"));
  return problems;
}
