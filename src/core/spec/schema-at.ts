// Looks things up in a zod schema by the path of a value: which fields are known there, which example stands there.

import type { z } from "zod";

/** The schema of the value at the path, when the schema has one. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let here: z.ZodType | undefined = schema;
  for (const segment of path) {
    if (here === undefined) return undefined;
    const { element } = definitionOf(here);
    here = typeof segment === "number" ? element : childOf(here, String(segment));
  }
  return here;
}

/** Names of the fields that an object may have; of all branches of a union. Reserved ones are not offered. */
export function fieldsOf(schema: z.ZodType | undefined): string[] {
  if (schema === undefined) return [];
  const { shape, options } = definitionOf(schema);
  if (options !== undefined) return options.flatMap(fieldsOf);
  return Object.keys(shape ?? {}).filter((name) => metaOf(shape![name]!)["reserved"] === undefined);
}

export function branchesOf(schema: z.ZodType | undefined): z.ZodType[] {
  return schema === undefined ? [] : (definitionOf(schema).options ?? []);
}

export function exampleOf(schema: z.ZodType | undefined): unknown {
  return schema === undefined ? undefined : (metaOf(schema)["examples"] as unknown[] | undefined)?.[0];
}

/** True when only whole numbers are allowed. */
export function isWholeNumber(schema: z.ZodType | undefined): boolean {
  return schema !== undefined && definitionOf(schema).format === "safeint";
}

/** The parts of zod's internal definitions that are read here. */
interface Definition {
  innerType?: z.ZodType;
  element?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  options?: z.ZodType[];
  format?: string;
}

/** The definition of the schema itself, without what makes it optional or gives it a default. */
function definitionOf(schema: z.ZodType): Definition {
  const definition = schema.def as Definition;
  return definition.innerType === undefined ? definition : definitionOf(definition.innerType);
}

function childOf(schema: z.ZodType, name: string): z.ZodType | undefined {
  const { shape, options } = definitionOf(schema);
  if (options === undefined) return shape?.[name];
  return options.map((option) => childOf(option, name)).find((child) => child !== undefined);
}

/** Metadata of the schema, over that of what it wraps. */
function metaOf(schema: z.ZodType): Record<string, unknown> {
  const { innerType } = schema.def as Definition;
  return { ...(innerType === undefined ? {} : metaOf(innerType)), ...schema.meta() };
}
