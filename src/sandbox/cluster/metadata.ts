// Validation of metadata, the same for every kind.

import type { ObjectMeta } from "../../core/kubernetes/object.ts";
import { duplicateValue, type FieldProblem, forbiddenField, invalidValue, requiredValue } from "./errors.ts";
import { isLabelValue, isQualifiedName, type NameCheck } from "./names.ts";

const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Everything that is wrong with an object's metadata, whether it is new or changed. */
export function metadataProblems(metadata: ObjectMeta, checkName: NameCheck): FieldProblem[] {
  return [
    ...nameProblems(metadata, checkName),
    ...labelProblems(metadata.labels ?? {}, "metadata.labels"),
    ...annotationProblems(metadata.annotations ?? {}),
    ...ownerProblems(metadata),
    ...finalizerProblems(metadata.finalizers ?? []),
  ];
}

function nameProblems({ name, generateName }: ObjectMeta, checkName: NameCheck): FieldProblem[] {
  if (name === undefined || name === "") return [requiredValue("metadata.name", "name or generateName is required")];
  const problems = checkName(name).map((wrong) => invalidValue("metadata.name", name, wrong));
  if (generateName === undefined || generateName === "") return problems;
  const prefix = generateName.endsWith("-") ? `${generateName.slice(0, -1)}a` : generateName;
  return [...checkName(prefix).map((wrong) => invalidValue("metadata.generateName", generateName, wrong)), ...problems];
}

function labelProblems(labels: Record<string, string>, field: string): FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...isQualifiedName(key).map((wrong) => invalidValue(field, key, wrong)),
    ...isLabelValue(value).map((wrong) => invalidValue(field, value, wrong)),
  ]);
}

function annotationProblems(annotations: Record<string, string>): FieldProblem[] {
  const field = "metadata.annotations";
  let bytes = 0;
  const problems = Object.entries(annotations).flatMap(([key, value]) => {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    return isQualifiedName(key.toLowerCase()).map((wrong) => invalidValue(field, key, wrong));
  });
  if (bytes > MAX_ANNOTATION_BYTES)
    problems.push({
      reason: "FieldValueTooLong",
      field,
      message: `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes`,
    });
  return problems;
}

function ownerProblems({ ownerReferences = [] }: ObjectMeta): FieldProblem[] {
  const controllers = ownerReferences.filter((owner) => owner.controller === true);
  const problems = ownerReferences.flatMap((owner) =>
    (["apiVersion", "kind", "name", "uid"] as const)
      .filter((part) => owner[part] === undefined || owner[part] === "")
      .map((part) => invalidValue(`metadata.ownerReferences.${part}`, owner[part] ?? "", "must not be empty")),
  );
  if (controllers.length > 1)
    problems.push(
      invalidValue(
        "metadata.ownerReferences",
        ownerReferences,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]!.kind}/${controllers[0]!.name} and ${controllers[1]!.kind}/${controllers[1]!.name}`,
      ),
    );
  return problems;
}

const STANDARD_FINALIZERS = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

function finalizerProblems(finalizers: string[]): FieldProblem[] {
  return finalizers.flatMap((finalizer, index) => [
    ...isQualifiedName(finalizer).map((wrong) => invalidValue("metadata.finalizers", finalizer, wrong)),
    ...(finalizer.includes("/") || STANDARD_FINALIZERS.has(finalizer)
      ? []
      : [
          invalidValue(
            `metadata.finalizers[${index}]`,
            finalizer,
            "name is neither a standard finalizer name nor is it fully qualified",
          ),
        ]),
    ...(finalizers.indexOf(finalizer) === index ? [] : [duplicateValue(`metadata.finalizers[${index}]`, finalizer)]),
  ]);
}

/** What an update may not do to metadata. */
export function metadataChangeProblems(before: ObjectMeta, after: ObjectMeta): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (after.uid !== undefined && after.uid !== before.uid)
    problems.push(invalidValue("metadata.uid", after.uid, "field is immutable"));
  if (before.deletionTimestamp !== undefined) {
    const added = (after.finalizers ?? []).filter((each) => !(before.finalizers ?? []).includes(each));
    if (added.length > 0)
      problems.push(
        forbiddenField(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(", ")}}`,
        ),
      );
  }
  return problems;
}
