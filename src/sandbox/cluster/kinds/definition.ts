// CustomResourceDefinitions: what makes one acceptable, and the status that says so.

import { definitionRuleProblems } from "../cel/definition-rules.ts";
import { approvalOf, approvalProblems } from "../crd/approval.ts";
import type { Definition, DefinitionVersion } from "../crd/definition-object.ts";
import { INSTALLER } from "../crd/installer.ts";
import { structuralProblems } from "../crd/structural.ts";
import { type FieldProblem, invalidValue, requiredValue } from "../errors.ts";
import { sameJson } from "../json.ts";
import { isDns1035Label } from "../names.ts";
import type { KindRules } from "./kind-rules.ts";

export const definitionRules: KindRules = {
  fillIn: (object) => {
    const { names } = (object as Definition).spec ?? {};
    if (names?.kind === undefined) return;
    names.singular ??= names.kind.toLowerCase();
    names.listKind ??= `${names.kind}List`;
  },
  prepareCreate: (core, object) => {
    const definition = object as Definition;
    definition["status"] = acceptedStatus(definition, core.now());
  },
  prepareUpdate: (core, before, after) => {
    const [old, now] = [before as Definition, after as Definition];
    if (!sameJson(old.spec.names, now.spec.names) || !sameJson(versionNames(old), versionNames(now)))
      now["status"] = acceptedStatus(now, core.now());
  },
  problems: (object, user) => {
    const found = problems(object as Definition);
    // What the sandbox brings along is compiled by its tests, not at each start.
    return found.length > 0 || user === INSTALLER ? found : ruleProblems(object as Definition);
  },
  changeProblems: (before, after) => {
    const [old, now] = [(before as Definition).spec, (after as Definition).spec];
    const fixed: [string, unknown, unknown][] = [
      ["spec.scope", old.scope, now.scope],
      ["spec.group", old.group, now.group],
      ["spec.names.plural", old.names.plural, now.names.plural],
      ["spec.names.kind", old.names.kind, now.names.kind],
    ];
    return fixed
      .filter(([, was, is]) => was !== is)
      .map(([field, , is]) => invalidValue(field, is, "field is immutable"));
  },
};

function versionNames({ spec }: Definition): string[] {
  return spec.versions.map((version) => version.name);
}

function acceptedStatus(definition: Definition, now: string): object {
  const { spec } = definition;
  const approval = approvalOf(definition);
  const condition = (type: string, reason: string, message: string, status = "True") => ({
    type,
    status,
    lastTransitionTime: now,
    reason,
    message,
  });
  return {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ...(approval === undefined
        ? []
        : [condition("KubernetesAPIApprovalPolicyConformant", approval.reason, approval.message, approval.status)]),
    ],
    acceptedNames: spec.names,
    storedVersions: spec.versions.filter((version) => version.storage).map((version) => version.name),
  };
}

function problems({ metadata, spec }: Definition): FieldProblem[] {
  const found: FieldProblem[] = [];
  const { group, names, versions, scope } = spec;
  const wanted = `${names.plural}.${group}`;
  if (metadata.name !== wanted)
    found.push(invalidValue("metadata.name", metadata.name, `must be spec.names.plural+"."+spec.group`));
  if (!group) found.push(requiredValue("spec.group"));
  if (scope !== "Namespaced" && scope !== "Cluster")
    found.push({
      reason: "FieldValueNotSupported",
      field: "spec.scope",
      message: `Unsupported value: ${JSON.stringify(scope ?? "")}: supported values: "Cluster", "Namespaced"`,
    });
  found.push(
    ...isDns1035Label(names.plural ?? "").map((wrong) => invalidValue("spec.names.plural", names.plural, wrong)),
  );
  if (versions.filter((version) => version.storage).length !== 1)
    found.push(
      invalidValue(
        "spec.versions",
        versions.map(({ name }) => name),
        "must have exactly one version marked as storage version",
      ),
    );
  if ((spec.conversion?.strategy ?? "None") !== "None")
    found.push(
      invalidValue(
        "spec.conversion.strategy",
        spec.conversion?.strategy,
        'the sandbox converts by apiVersion only: use "None"',
      ),
    );
  found.push(...approvalProblems({ metadata, spec }));
  found.push(...versions.flatMap((version, index) => versionProblems(version, `spec.versions[${index}]`)));
  return found;
}

function ruleProblems({ spec }: Definition): FieldProblem[] {
  return spec.versions.flatMap(({ schema }, index) => {
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    return definitionRuleProblems(schema?.openAPIV3Schema ?? {}, path);
  });
}

function versionProblems(version: DefinitionVersion, path: string): FieldProblem[] {
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) return [requiredValue(`${path}.schema.openAPIV3Schema`, "schemas are required")];
  return structuralProblems(schema, `${path}.schema.openAPIV3Schema`);
}
