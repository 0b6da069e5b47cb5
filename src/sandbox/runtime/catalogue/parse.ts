// The user's catalogue file: YAML to entries, each error with its path.

import { parse } from "yaml";
import { z } from "zod";
import { placeholdersIn } from "../pod/expand.ts";
import type { CatalogueEntry } from "./entry.ts";

const PLACEHOLDER = /^(POD_IP|PORT|PORT_[A-Za-z0-9-]+|POD_NAME|NAMESPACE|ARGS|DIAL)$/;

const word = z.string().superRefine((text, context) => {
  for (const name of placeholdersIn(text)) {
    if (PLACEHOLDER.test(name)) continue;
    context.addIssue({
      code: "custom",
      message: `$(${name}) is unknown; known are $(POD_IP), $(PORT), $(PORT_<number or name>), $(POD_NAME), $(NAMESPACE), $(ARGS)`,
    });
  }
});

const variables = z.record(z.string(), word);

const file = z.strictObject({
  images: z.array(
    z.strictObject({
      image: z.string().min(1),
      tags: z.array(z.coerce.string()).optional(),
      command: z.array(word).min(1, "name the program to start"),
      env: variables.optional(),
      imageEnv: variables.optional(),
      workingDir: z.string().optional(),
      allow: z.array(z.enum(["command", "exec"])).optional(),
    }),
  ),
});

/** Throws an Error that names the file, the field and the cure. */
export function parseCatalogue(text: string, name: string): CatalogueEntry[] {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new Error(`${name} is not YAML: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const result = file.safeParse(content ?? { images: [] });
  if (result.success) return result.data.images;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`);
  throw new Error(`${name}: ${problems.join("; ")}`);
}
