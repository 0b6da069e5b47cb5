// The names that a spec refers to, by the rules of those who own them.

import { z } from "zod";
import { ruled } from "./rule.ts";

const SUBDOMAIN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

/** Names of objects: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
export function isObjectName(text: string): boolean {
  return text.length <= 253 && new RegExp(SUBDOMAIN).test(text);
}

/** The name of an object in the same namespace. */
export function objectName(example: string, description: string) {
  const name = z.string().min(1).max(253).describe(description);
  return ruled(name, {
    holds: isObjectName,
    cel: `self.matches('${SUBDOMAIN}')`,
    message: "is not a name that an object can have",
    cure: `write lower-case letters a-z, digits, '-' and '.', such as ${example}`,
  }).meta({ examples: [example] });
}

/** Istio wants a DNS label as a subset's name. */
export function subsetName(example: string, description: string) {
  const name = z.string().min(1).max(63).describe(description);
  return ruled(name, {
    holds: (text) => new RegExp(LABEL).test(text),
    cel: `self.matches('${LABEL}')`,
    message: "is not a name that a subset can have",
    cure: `write lower-case letters a-z, digits and '-', such as ${example}`,
  }).meta({ examples: [example] });
}
