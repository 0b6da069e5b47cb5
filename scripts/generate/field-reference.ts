// The field reference as Markdown: one table per kind, straight from the CRDs.

import type { CustomResourceDefinition } from "../../src/core/spec/crd.ts";
import type { JsonSchema } from "../../src/core/spec/structural.ts";

export function fieldReference(crds: CustomResourceDefinition[], notice: string): string {
  const parts = crds.map(kindReference);
  return `<!-- ${notice} -->\n# Fields of Canary and CanaryAction\n\nThe same text is in the cluster: \`kubectl explain canary.spec.strategy\`.\n\n${parts.join("\n")}`;
}

function kindReference(crd: CustomResourceDefinition): string {
  const version = crd.spec.versions[0]!;
  const root = version.schema.openAPIV3Schema;
  const { kind, shortNames, plural } = crd.spec.names as { kind: string; shortNames: string[]; plural: string };
  const head = `## ${kind}\n\n\`apiVersion: ${crd.spec.group}/${version.name}\`, \`kind: ${kind}\`; \`kubectl get ${shortNames[0]}\` or \`${plural}.${crd.spec.group}\`.\n\n${root.description}\n`;
  const tables = ["spec", "status"].map((part) => {
    const rows = rowsOf(root.properties![part]!, part, part === "spec").join("\n");
    return `### ${kind}.${part}\n\n| field | type | meaning |\n|---|---|---|\n${rows}\n`;
  });
  return [head, ...tables].join("\n");
}

function rowsOf(schema: JsonSchema, path: string, required: boolean): string[] {
  const row = `| \`${path}\` | ${typeOf(schema)} | ${meaningOf(schema, required)} |`;
  const children = schema.properties ?? schema.items?.properties ?? {};
  const requiredNames = [...(schema.required ?? schema.items?.required ?? []), ...requiredByRule(schema)];
  const prefix = schema.type === "array" ? `${path}[]` : path;
  const below = Object.entries(children).flatMap(([name, child]) =>
    rowsOf(child, `${prefix}.${name}`, requiredNames.includes(name)),
  );
  return [row, ...below];
}

function typeOf(schema: JsonSchema): string {
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? "any";
}

function meaningOf(schema: JsonSchema, required: boolean): string {
  const values = schema["enum"] as unknown[] | undefined;
  const rules = [...(schema["x-kubernetes-validations"] ?? []), ...(schema.items?.["x-kubernetes-validations"] ?? [])];
  const sentences = [
    required ? "**Required.**" : "",
    schema.description ?? schema.items?.description ?? "",
    values === undefined ? "" : `One of ${values.map((value) => `\`${String(value)}\``).join(", ")}.`,
    rangeOf(schema),
    schema["default"] === undefined ? "" : `Default: \`${JSON.stringify(schema["default"])}\`.`,
    ...rules
      .filter(isSaid)
      .map(({ message, fieldPath }) => `Refused: ${fieldPath?.slice(1) ?? ""} ${message}.`.replace(/ +/g, " ")),
  ];
  return sentences
    .filter((sentence) => sentence !== "")
    .join(" ")
    .replaceAll("|", "\\|");
}

/** Fields that a rule requires, so that its message can hold the lines to add. */
function requiredByRule(schema: JsonSchema): string[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap(
    ({ rule }) => /^has\(self[.](\w+)\)$/.exec(rule)?.[1] ?? [],
  );
}

/** A reserved field says by itself that it is refused, a required one that it is required. */
function isSaid({ rule, message }: { rule: string; message?: string }): boolean {
  return message !== undefined && !/^!?has\(self[.]\w+\)$/.test(rule);
}

function rangeOf(schema: JsonSchema): string {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (minimum === undefined && maximum === undefined) return "";
  if (maximum === undefined) return `At least ${minimum}.`;
  return `From ${minimum ?? "any"} to ${maximum}.`;
}
